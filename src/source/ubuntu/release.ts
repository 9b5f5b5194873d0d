import { percentDecode } from '../../kit/untrusted-text.ts';
import { releaseOf } from '../../model/release.ts';
import type { Namespace } from '../../plugin/index.ts';

/** Labels that are not releases of Ubuntu. */
const others: ReadonlySet<string> = new Set(['upstream', 'devel', 'snap', 'product', 'external']);

/**
 * Returns the namespace of a release label: `focal`, `ubuntu/focal`, `esm-infra/xenial`, `trusty/esm`. A service has a
 * namespace of its own. Returns undefined for labels that name no release.
 */
export function namespaceOfLabel(label: string): Namespace | undefined {
  const [first = '', second] = label.replace(/^ubuntu\//, '').split('/');
  if (others.has(first)) return undefined;
  if (second === undefined) return named(first);
  // Extended maintenance was once one service, written after the release.
  return releaseOf(first) === undefined
    ? named(second, first)
    : named(first, second === 'esm' ? 'esm-infra' : second);
}

/** Returns a namespace by codename. An unknown codename becomes its own release. */
function named(codename: string, service?: string): Namespace {
  const release = releaseOf(codename)?.versionId ?? codename;
  return { name: `ubuntu:${release}${service === undefined ? '' : `:${service}`}`, versionScheme: 'dpkg' };
}

/** Returns the source package and the release label of a purl; undefined for purls of binary packages. */
export function sourceOf(purl: string): { readonly package: string; readonly label: string } | undefined {
  // Older documents write `arch=src?distro=`.
  if (!/[?&]arch=(source|src)\b/.test(purl)) return undefined;
  const name = /^pkg:deb\/ubuntu\/([^@?]+)/.exec(purl)?.[1];
  const label = /[?&]distro=([^&]+)/.exec(purl)?.[1];
  if (name === undefined || label === undefined) return undefined;
  return { package: percentDecode(name) ?? name, label: percentDecode(label) ?? label };
}

/**
 * Returns whether a source package is a kernel. Each release has dozens, with a line for every Linux CVE. Containers
 * use the kernel of the host.
 */
export function isKernel(sourcePackage: string): boolean {
  return /^linux(-|$)/.test(sourcePackage);
}

/** Ubuntu's page on a CVE. */
export function pageOf(cve: string): string {
  return `https://ubuntu.com/security/${cve}`;
}
