import { stripControls } from '../kit/untrusted-text.ts';
import type { Distro } from '../model/distro.ts';
import { isDistributionType } from '../model/namespace.ts';
import type { ParsedPurl } from '../model/purl.ts';
import { releaseOf, unstable } from '../model/release.ts';

/** Distribution names of other tools, and the `ID` of os-release for each. */
const ids: ReadonlyMap<string, string> = new Map([
  ['redhat', 'rhel'],
  ['red hat enterprise linux', 'rhel'],
  ['alma', 'almalinux'],
  ['amazon', 'amzn'],
  ['amazonlinux', 'amzn'],
  ['oracle', 'ol'],
  ['oraclelinux', 'ol'],
  ['rockylinux', 'rocky'],
  ['cbl-mariner', 'mariner'],
  ['rocky-linux', 'rocky'],
  ['suse', 'sles'],
  ['slem', 'sle-micro'],
  ['suse linux enterprise server', 'sles'],
  ['suse linux enterprise micro', 'sle-micro'],
  ['opensuse.leap', 'opensuse-leap'],
  ['opensuse.tumbleweed', 'opensuse-tumbleweed'],
]);

/** The name and release of a distribution as a document states them. */
export interface DistroHints {
  readonly name: string;
  readonly version?: string | undefined;
  readonly codename?: string | undefined;
  readonly prettyName?: string | undefined;
  readonly like?: readonly string[] | undefined;
}

/** Returns the distribution that other tools call by this name; undefined if the name is unknown. */
export function distroFromHints({
  name,
  version,
  codename,
  prettyName,
  like = [],
}: DistroHints): Distro | undefined {
  const id = idOf(name);
  if (id === undefined) return undefined;
  const words = (version ?? '').split(/[\s/()]+/);
  const versionId = words.find((each) => /^\d[\w.~+-]*$/.test(each) || each === 'edge');
  const named = codename ?? words.find((each) => each === unstable || releaseOf(each) !== undefined);
  return {
    id,
    ...(versionId !== undefined && { versionId }),
    ...(named !== undefined && isWord(named) && { versionCodename: named }),
    ...(prettyName && { prettyName: stripControls(prettyName) }),
    like: like.filter(isWord),
  };
}

/**
 * Returns the release in the qualifiers of a purl: `debian-12`, `bookworm`, `3.15.0` of its namespace, or Docker
 * Scout's separate qualifiers.
 */
export function releaseOfPurl({ type, namespace = '', qualifiers }: ParsedPurl): Distro | undefined {
  if (!isDistributionType(type)) return undefined;
  const { distro, distro_name: codename, os_name: name, os_version: version, os_distro: suite } = qualifiers;
  if (distro !== undefined || codename !== undefined)
    return releaseNamed(distro ?? codename ?? '', namespace);
  return name === undefined ? undefined : distroFromHints({ name, version: version ?? suite });
}

function releaseNamed(distro: string, namespace: string): Distro | undefined {
  const release = releaseOf(distro);
  if (release !== undefined)
    return distroFromHints({ name: release.id, version: release.versionId, codename: distro });
  if (/^\d/.test(distro) || distro === unstable) return distroFromHints({ name: namespace, version: distro });
  const [, name = distro, version = ''] = /^(.+?)-(\d[^-]*|[a-z]+)$/.exec(distro) ?? [];
  return distroFromHints(/^\d/.test(version) || isCodename(version) ? { name, version } : { name: distro });
}

/** Returns the distribution in the namespace of a purl. */
export function vendorOfPurl({ type, namespace }: ParsedPurl): Distro | undefined {
  return namespace === undefined || !isDistributionType(type) || type === 'ebuild'
    ? undefined
    : distroFromHints({ name: namespace });
}

function isCodename(word: string): boolean {
  return word === unstable || word === 'edge' || releaseOf(word) !== undefined;
}

function idOf(name: string): string | undefined {
  const lower = name.trim().toLowerCase();
  const id = ids.get(lower) ?? lower;
  return isWord(id) ? id : undefined;
}

function isWord(text: string): boolean {
  return /^[A-Za-z0-9][\w.~+-]{0,127}$/.test(text);
}
