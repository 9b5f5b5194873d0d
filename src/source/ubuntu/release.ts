import { percentDecode } from '../../kit/percent-decode.ts';
import { releaseOf } from '../../model/release.ts';
import type { Namespace } from '../../plugin/index.ts';

/** Labels that name no release of Ubuntu. */
const others: ReadonlySet<string> = new Set(['upstream', 'devel', 'snap', 'product', 'external']);

/**
 * The namespace of a release as Ubuntu's files label it: `focal`, `ubuntu/focal`, `esm-infra/xenial`, `trusty/esm`. A service
 * is a namespace of its own. Undefined for labels that name no release.
 */
export function namespaceOf(label: string): Namespace | undefined {
  const [first = '', second] = label.replace(/^ubuntu\//, '').split('/');
  if (others.has(first)) return undefined;
  if (second === undefined) return named(first);
  // Extended maintenance was once one service, and stood after the release.
  return releaseOf(first) === undefined
    ? named(second, first)
    : named(first, second === 'esm' ? 'esm-infra' : second);
}

/** A codename that is too new to be known is its own release. */
function named(codename: string, service?: string): Namespace {
  const release = releaseOf(codename)?.versionId ?? codename;
  return { name: `ubuntu:${release}${service === undefined ? '' : `:${service}`}`, versionScheme: 'dpkg' };
}

/** The source package and the release label of a package URL; undefined for URLs of binary packages. */
export function sourceOf(purl: string): { readonly package: string; readonly label: string } | undefined {
  // Older documents write `arch=src?distro=`.
  if (!/[?&]arch=(source|src)\b/.test(purl)) return undefined;
  const name = /^pkg:deb\/ubuntu\/([^@?]+)/.exec(purl)?.[1];
  const label = /[?&]distro=([^&]+)/.exec(purl)?.[1];
  if (name === undefined || label === undefined) return undefined;
  return { package: percentDecode(name) ?? name, label: percentDecode(label) ?? label };
}

/** Kernels: dozens of source packages in each release, with a line for every CVE of Linux. No container runs its own. */
export function isKernel(sourcePackage: string): boolean {
  return /^linux(-|$)/.test(sourcePackage);
}

/** Ubuntu's page on a CVE. */
export function pageOf(cve: string): string {
  return `https://ubuntu.com/security/${cve}`;
}
