import { isInRange } from '../../match/key-range.ts';
import { ratingOfAdvisories } from '../../match/rate.ts';
import { compareText } from '../../model/order.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { statesFor } from '../../store/feed-state.ts';
import type { FleetPackage, FleetVersion } from '../../store/finding-index-store.ts';
import type { StoredMatch } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import { isSuperseded } from '../feeds/choose-feeds.ts';

/** Dependencies of `findPackageVersions`. */
export interface PackageVersionsDeps {
  readonly store: Pick<Store, 'advisories' | 'images' | 'findingIndex'>;
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
}

/** A range of an advisory, with the versions of the fleet that it covers. */
export interface CoveredRange {
  /** Id of the advisory at its source. */
  readonly id: string;
  readonly source: string;
  readonly severity: Severity;
  readonly range: StoredMatch['range'];
  readonly fix: StoredMatch['fix'];
  /** Indexes of the first and the last version in the list. */
  readonly from: number;
  readonly to: number;
  /** Whether it applies to some builds only, such as those of an architecture. */
  readonly isConditional: boolean;
}

/** The versions of a package that images have, and the ranges of the advisories that cover any of them. */
export interface VersionRuler {
  readonly namespace: string;
  readonly versionScheme: string;
  readonly name: string;
  /** In the order of the scheme. Versions that it cannot compare come last. */
  readonly versions: readonly Omit<FleetVersion, 'key'>[];
  /** The worst severity first. */
  readonly ranges: readonly CoveredRange[];
}

/** Number of versions that are read. */
const versionsMax = 500;

/**
 * Returns the versions of a package in the fleet with the ranges of advisories that cover them. Undefined if no counted image has it. The cost
 * depends on the images of the package, and on its advisories.
 */
export async function findPackageVersions(
  { namespace, name }: Pick<FleetPackage, 'namespace' | 'name'>,
  { store, extensions }: PackageVersionsDeps,
): Promise<VersionRuler | undefined> {
  const known = (await store.advisories.findNamespaces()).find((one) => one.name === namespace);
  if (known === undefined) return undefined;
  const found = await store.findingIndex.findVersions({ namespace, name }, versionsMax);
  if (found.length === 0) return undefined;
  const scheme = extensions.schemes.find((one) => one.name === known.versionScheme);
  const versions = inOrder(found, scheme);
  const lookups = versions.map(({ version, key }) => ({
    namespace: known,
    name,
    version,
    ...(key !== undefined && { key }),
  }));
  const states = statesFor(namespace, await store.advisories.findFeedStates());
  const matches = (await store.images.findMatchesOf(lookups)).filter(
    (match) =>
      !isSuperseded(match.source, extensions.sources, states) &&
      (match.decided || isCovered(match, versions[match.package]?.version, scheme)),
  );
  return {
    namespace,
    versionScheme: known.versionScheme,
    name,
    versions: versions.map(({ version, images, findings }) => ({ version, images, findings })),
    ranges: rangesOf(matches),
  };
}

function inOrder(versions: readonly FleetVersion[], scheme: VersionScheme | undefined): FleetVersion[] {
  const isValid = (version: string): boolean => scheme?.compare(version, version) !== undefined;
  return versions.toSorted(
    (a, b) =>
      Number(isValid(b.version)) - Number(isValid(a.version)) ||
      (scheme?.compare(a.version, b.version) ?? 0) ||
      compareText(a.version, b.version),
  );
}

/** Compares in code what keys cannot decide. What cannot be compared either covers nothing. */
function isCovered(
  { range }: StoredMatch,
  version: string | undefined,
  scheme: VersionScheme | undefined,
): boolean {
  return version !== undefined && scheme !== undefined && isInRange(scheme, range, version) === true;
}

function rangesOf(matches: readonly StoredMatch[]): CoveredRange[] {
  const keyOf = ({ source, id, range, fix }: StoredMatch): string => JSON.stringify([source, id, range, fix]);
  return [...Map.groupBy(matches, keyOf).values()]
    .flatMap((same) => {
      const [first] = same;
      if (first === undefined) return [];
      const places = same.map((match) => match.package);
      const { id, source, range, fix } = first;
      return [
        {
          id,
          source,
          range,
          fix,
          severity: ratingOfAdvisories([first])?.severity ?? 'Unknown',
          from: Math.min(...places),
          to: Math.max(...places),
          isConditional: same.every(({ only }) => only !== undefined),
        },
      ];
    })
    .sort((a, b) => compareSeverity(b.severity, a.severity) || compareText(a.id, b.id));
}
