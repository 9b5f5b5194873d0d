import { severities } from '../src/model/severity.ts';
import type { KeyedAffected, KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import { keys } from '../src/testing/store-content.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';

/** A kind of package sets. Each image has one set of each kind, and a base image only one of the first kind. */
export interface SetKind {
  readonly namespaces: readonly string[];
  readonly sets: number;
  readonly names: number;
  readonly packages: number;
  /** Number of vulnerabilities of the oldest version of a name that has any. */
  readonly vulnerabilities: number;
}

/** The names of a fleet. */
export interface FleetNames {
  /** Distribution of the base images. */
  readonly distribution: string;
  /** Number in the id of the first vulnerability. */
  readonly firstId: number;
}

/** The names of the fleet of the benchmark. */
export const benchNames: FleetNames = { distribution: 'debian', firstId: 1000 };

/** Names that no feed and no image of the corpus has, so that a fleet can be added to these. */
export const apartNames: FleetNames = { distribution: 'ubuntu', firstId: 9_000_000 };

/** Number of versions of a name: `1.0` and so on. */
export const versionsPerName = 10;
/** Number of vulnerabilities of a fleet. */
export const vulnerabilityCount = 30_000;

/** Returns the kinds: bases, runtimes, and applications of which each has four tags on average. */
export function kindsOf(images: number, { distribution }: FleetNames): readonly SetKind[] {
  const releases = Array.from({ length: 10 }, (_, i) => `${distribution}:${i + 4}`);
  return [
    { namespaces: releases, sets: 400, names: 400, packages: 80, vulnerabilities: 2 },
    { namespaces: ['pypi', 'golang'], sets: 2000, names: 1000, packages: 40, vulnerabilities: 2 },
    { namespaces: ['npm'], sets: Math.ceil(images / 4), names: 8000, packages: 40, vulnerabilities: 1 },
  ];
}

/** Returns the id of a vulnerability. */
export function idOf(vulnerability: number, { firstId }: FleetNames): string {
  return `CVE-${2018 + (vulnerability % 9)}-${firstId + vulnerability}`;
}

/** Returns the index of a severity. One in twenty is critical. */
export function severityAt(vulnerability: number): number {
  const place = vulnerability % 20;
  if (place === 0) return severities.indexOf('Critical');
  return place < 6 ? severities.indexOf('High') : place < 14 ? severities.indexOf('Medium') : 2;
}

/** Returns whether a vulnerability is known to be exploited. */
export function isExploited(vulnerability: number): boolean {
  return vulnerability % 200 === 0;
}

/** Returns whether a vulnerability has a fix. */
export function isFixable(vulnerability: number): boolean {
  return vulnerability % 3 > 0;
}

/** A vulnerability of a package name. */
export interface SeededAdvisory {
  readonly vulnerability: number;
  /** Number of versions that it affects, from the oldest on. The next one is fixed. */
  readonly versions: number;
}

/** Returns the vulnerabilities of a name in a namespace with a number. Every other name has some, older versions more. */
export function advisoriesOf(kind: SetKind, namespace: number, name: number): readonly SeededAdvisory[] {
  if (name % 2 > 0) return [];
  const most = kind.vulnerabilities;
  return Array.from({ length: most }, (_, i) => ({
    vulnerability: (i === 0 ? name : name * 37 + i * 101 + namespace) % vulnerabilityCount,
    versions: (versionsPerName * (most - i)) / most,
  }));
}

/** Returns the name of a package. */
export function packageNameOf(namespace: string, name: number): string {
  return `${namespace.split(':')[0] ?? ''}-${name}`;
}

/** Returns the records of all vulnerabilities of a fleet with packages. Matching them gives the seeded findings. */
export function seededRecords(images: number, names: FleetNames): KeyedVulnerabilityRecord[] {
  const affected = new Map<number, KeyedAffected[]>();
  let namespaceNumber = 0;
  for (const kind of kindsOf(images, names))
    for (const namespace of kind.namespaces) {
      namespaceNumber++;
      for (let name = 0; name < kind.names; name++)
        for (const advisory of advisoriesOf(kind, namespaceNumber, name)) {
          const rows = affected.get(advisory.vulnerability) ?? [];
          affected.set(advisory.vulnerability, rows);
          rows.push(affectedRowOf(namespace, name, advisory));
        }
    }
  return [...affected].map(([vulnerability, rows]) => ({
    kind: 'vulnerability' as const,
    key: idOf(vulnerability, names),
    id: idOf(vulnerability, names),
    aliases: [],
    links: [],
    cvss: [],
    severity: severities[severityAt(vulnerability)] ?? 'Unknown',
    affected: rows,
  }));
}

function affectedRowOf(
  namespace: string,
  name: number,
  { vulnerability, versions }: SeededAdvisory,
): KeyedAffected {
  const end = `1.${versions}`;
  return {
    namespace: { name: namespace, versionScheme: 'dpkg' },
    package: packageNameOf(namespace, name),
    range: { to: end },
    fix: isFixable(vulnerability) ? { state: 'fixed', version: end } : { state: 'unfixed' },
    keys: keys([], [...requireKey(dpkg, end)]),
  };
}
