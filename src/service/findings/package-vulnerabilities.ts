import { appliesToSourcePackage } from '../../match/applies.ts';
import { bestFix } from '../../match/findings.ts';
import type { Fix } from '../../model/fix.ts';
import type { Match } from '../../model/report.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';
import { type Assessment, type AssessmentDeps, assessPackages, type PlacedHit } from './assess-packages.ts';
import type { VulnerabilityView } from './vulnerability-view.ts';

/** A vulnerability of an installed package. */
export interface PackageVulnerability extends VulnerabilityView {
  readonly fix: Fix;
  /** Whether the advisory applies to the source package. */
  readonly isOfSource: boolean;
  /** Name of the advisory source. */
  readonly source: string;
  /** The id under which findings of several advisories are one: the CVE, if it is known. */
  readonly canonicalId: string;
  readonly links: readonly string[];
  /** The package name in the advisory. */
  readonly affectedPackage: string;
}

/** Returns the vulnerabilities of packages by position, each once under the id of its source. */
export async function findPackageVulnerabilities(
  image: number,
  packages: readonly ImagePackage[],
  deps: AssessmentDeps,
): Promise<ReadonlyMap<number, readonly PackageVulnerability[]>> {
  return vulnerabilitiesOf(await assessPackages(image, packages, deps), packages, deps);
}

/** Whether a version is valid in its version scheme. Clair skips packages with invalid versions. */
export function hasValidVersion(
  { lookup }: ImagePackage,
  { schemes }: AssessmentDeps['extensions'],
): boolean {
  if (lookup === null || lookup.key !== undefined) return true;
  const scheme = schemes.find(({ name }) => name === lookup.namespace.versionScheme);
  return scheme?.compare(lookup.version, lookup.version) !== undefined;
}

/** Returns the vulnerabilities in the order of their ids. */
function vulnerabilitiesOf(
  { hits, findings, enrichments }: Assessment,
  packages: readonly ImagePackage[],
  { extensions }: AssessmentDeps,
): Map<number, PackageVulnerability[]> {
  const open = new Map(
    findings.matches.flatMap((match) =>
      match.evidence.map(({ source, advisory }) => [
        `${match.package.purl}\n${match.package.location.path}\n${source}\n${advisory}`,
        match,
      ]),
    ),
  );
  const matchOf = (hit: PlacedHit): Match | undefined =>
    open.get(`${hit.package.purl}\n${hit.package.location.path}\n${hit.source}\n${hit.id}`);
  const compare = (name: string, a: string, b: string): number | undefined =>
    extensions.schemes.find((scheme) => scheme.name === name)?.compare(a, b);
  const toVulnerability = (group: readonly PlacedHit[]): PackageVulnerability[] => {
    const [hit] = group;
    const match = hit && matchOf(hit);
    if (hit === undefined || match === undefined) return [];
    return [
      toPackageVulnerability(hit, match, {
        fix: bestFix(group, compare),
        isOfSource: isForSourcePackage(group, packages[hit.position]),
        enrichments,
      }),
    ];
  };
  const byPlace = Map.groupBy(hits, ({ position }) => position);
  return new Map(
    [...byPlace].map(([position, packageHits]) => [
      position,
      [...Map.groupBy(packageHits, ({ id }) => id).values()].flatMap(toVulnerability),
    ]),
  );
}

function toPackageVulnerability(
  hit: PlacedHit,
  { vulnerability }: Match,
  {
    enrichments,
    ...more
  }: Pick<PackageVulnerability, 'fix' | 'isOfSource'> & Pick<Assessment, 'enrichments'>,
): PackageVulnerability {
  // A user's vulnerability is shown as written, without the enrichments of others.
  const isUserWritten = hit.source === userFeed.source;
  return {
    id: hit.id,
    namespace: hit.namespace,
    description: hit.description ?? (isUserWritten ? null : vulnerability.description),
    link: hit.links[0] ?? null,
    severity: hit.severity === 'Unknown' && !isUserWritten ? vulnerability.severity : hit.severity,
    metadata: isUserWritten ? (hit.metadata ?? {}) : hit.metadata,
    enrichments: enrichments.get(vulnerability.id) ?? [],
    source: hit.source,
    canonicalId: vulnerability.id,
    links: hit.links,
    affectedPackage: hit.affectedPackage,
    ...more,
  };
}

/** Advisories of dpkg distributions always apply to source packages. */
function isForSourcePackage(group: readonly PlacedHit[], item: ImagePackage | undefined): boolean {
  if (item?.lookup?.namespace.versionScheme === 'dpkg') return true;
  return group.some(({ only }) => appliesToSourcePackage(only));
}
