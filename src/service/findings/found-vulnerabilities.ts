import { speaksOfSource } from '../../match/applies.ts';
import { bestFix } from '../../match/findings.ts';
import type { Fix } from '../../model/fix.ts';
import type { Match } from '../../model/report.ts';
import type { ImagePackage } from '../../store/store.ts';
import { writtenFeed } from '../feeds/written-vulnerabilities.ts';
import { type Assessment, type AssessmentRoom, assessPackages, type PlacedHit } from './assess-packages.ts';
import type { VulnerabilityView } from './vulnerability-view.ts';

/** A vulnerability of an installed package. */
export interface FoundVulnerability extends VulnerabilityView {
  readonly fix: Fix;
  /** Whether who says so speaks of the source package. */
  readonly isOfSource: boolean;
}

/** What is wrong with the packages of an image, by their place: each vulnerability once, under the id of its source. */
export async function findVulnerabilities(
  image: number,
  packages: readonly ImagePackage[],
  room: AssessmentRoom,
): Promise<ReadonlyMap<number, readonly FoundVulnerability[]>> {
  return vulnerabilitiesOf(await assessPackages(image, packages, room), packages, room);
}

/** Clair passes over what has no version of its kind. */
export function hasVersion({ lookup }: ImagePackage, { schemes }: AssessmentRoom['extensions']): boolean {
  if (lookup === null || lookup.key !== undefined) return true;
  const scheme = schemes.find(({ name }) => name === lookup.namespace.versionScheme);
  return scheme?.compare(lookup.version, lookup.version) !== undefined;
}

/** In the order of the ids. */
function vulnerabilitiesOf(
  { hits, findings, enrichments }: Assessment,
  packages: readonly ImagePackage[],
  { extensions }: AssessmentRoom,
): Map<number, FoundVulnerability[]> {
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
  const toFound = (group: readonly PlacedHit[]): FoundVulnerability[] => {
    const [hit] = group;
    const match = hit && matchOf(hit);
    if (hit === undefined || match === undefined) return [];
    return [
      foundOf(hit, match, {
        fix: bestFix(group, compare),
        isOfSource: isOfSource(group, packages[hit.position]),
        enrichments,
      }),
    ];
  };
  const byPlace = Map.groupBy(hits, ({ position }) => position);
  return new Map(
    [...byPlace].map(([position, placed]) => [
      position,
      [...Map.groupBy(placed, ({ id }) => id).values()].flatMap(toFound),
    ]),
  );
}

function foundOf(
  hit: PlacedHit,
  { vulnerability }: Match,
  { enrichments, ...more }: Pick<FoundVulnerability, 'fix' | 'isOfSource'> & Pick<Assessment, 'enrichments'>,
): FoundVulnerability {
  // What a user wrote is told as written: others have nothing to add.
  const isWritten = hit.source === writtenFeed.source;
  return {
    id: hit.id,
    namespace: hit.namespace,
    description: hit.description ?? (isWritten ? null : vulnerability.description),
    link: hit.links[0] ?? null,
    severity: hit.severity === 'Unknown' && !isWritten ? vulnerability.severity : hit.severity,
    metadata: isWritten ? (hit.metadata ?? {}) : hit.metadata,
    enrichments: enrichments.get(vulnerability.id) ?? [],
    ...more,
  };
}

/** Advisories of dpkg distributions always speak of source packages. */
function isOfSource(group: readonly PlacedHit[], item: ImagePackage | undefined): boolean {
  if (item?.lookup?.namespace.versionScheme === 'dpkg') return true;
  return group.some(({ only }) => speaksOfSource(only));
}
