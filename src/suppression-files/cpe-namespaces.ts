/** Namespace of a release by vendor and product of its CPE, for the platforms of CSAF documents that are distributions. */
const platforms: Readonly<Record<string, (version: string, update: string) => string>> = {
  'redhat:enterprise_linux': (version) => `rhel:${majorOf(version)}`,
  'oracle:linux': (version) => `oracle:${majorOf(version)}`,
  'almalinux:almalinux': (version) => `almalinux:${majorOf(version)}`,
  'rocky:rocky': (version) => `rocky:${majorOf(version)}`,
  'resf:rocky_linux': (version) => `rocky:${majorOf(version)}`,
  'amazon:linux': (version) => `amzn:${version}`,
  'suse:sles': (version, update) => `sles:${servicePackOf(version, update)}`,
  'suse:sled': (version, update) => `sles:${servicePackOf(version, update)}`,
  'suse:sle-module-basesystem': (version, update) => `sles:${servicePackOf(version, update)}`,
  'opensuse:leap': (version) => `opensuse-leap:${version}`,
  'debian:debian_linux': (version) => `debian:${majorOf(version)}`,
  'canonical:ubuntu_linux': (version) => `ubuntu:${version}`,
  'alpinelinux:alpine_linux': (version) => `alpine:v${version}`,
};

/**
 * Returns the namespaces of a CPE of version 2.2 or 2.3 (NISTIR 7695). Products that are not the distribution itself, such as extended
 * support, have none: a statement on them need not apply to the distribution.
 */
export function namespacesOfCpe(cpe: string): string[] {
  const [, rest = ''] = /^cpe:(?:\/|2\.3:)[ao]:(.+)$/i.exec(cpe) ?? [];
  const [vendor = '', product = '', version = '', update = ''] = rest
    .toLowerCase()
    .replaceAll('\\', '')
    .split(':');
  const name = platforms[`${vendor}:${product}`];
  return name === undefined || !/^\d/.test(version) ? [] : [name(version, update)];
}

function majorOf(version: string): string {
  return version.split('.', 1)[0] ?? '';
}

function servicePackOf(version: string, update: string): string {
  const [, pack] = /^sp(\d+)$/.exec(update) ?? [];
  return pack === undefined ? version : `${version}.${pack}`;
}
