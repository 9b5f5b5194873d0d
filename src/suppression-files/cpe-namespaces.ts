/** The platforms of CSAF documents that are distributions here, by vendor and product of their CPE, and how releases are called. */
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
 * The namespaces a CPE stands for, of version 2.2 or 2.3 (NISTIR 7695). Products of a vendor that are not its distribution, such as
 * extended support, have none: what is said of them need not hold for others.
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
