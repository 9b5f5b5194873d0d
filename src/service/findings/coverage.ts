import { listSome } from '../../kit/collections.ts';
import { cadenceOf } from '../../match/content-age.ts';
import { supportEnd, supportEndOfPackage } from '../../match/support-end.ts';
import type { Distro } from '../../model/distro.ts';
import {
  advisoryNamespaceOf,
  distroOfNamespace,
  type Namespace,
  namespaceOf,
} from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Package } from '../../model/package.ts';
import type { Coverage } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import { type AdvisoryFeed, effectiveFeeds } from '../feeds/choose-feeds.ts';
import type { IndexedImage } from '../images/indexed-image.ts';
import { isUnmatched } from '../images/package-lookup.ts';
import { coverageOfUnread, evidenceCoverage } from './evidence-coverage.ts';
import {
  type AgeOptions,
  contentDateOf,
  fetchedAtOf,
  type LoadedFeeds,
  oldContentReasons,
  publicationReasons,
  uncheckedReasons,
} from './feed-age.ts';
import { type MissingFeeds, missingFeeds } from './missing-feeds.ts';
import { coverageOfTables } from './table-coverage.ts';
import { unloadedReasons } from './unloaded-sources.ts';

/** Dependencies of `coverageOf`. With `asOf`, returns the coverage at that time. */
export interface CoverageDeps extends AsOf, AgeOptions {
  readonly extensions: Pick<Extensions, 'sources'>;
  readonly store: Pick<Store, 'advisories'>;
}

/** Coverage, with what decides whether an image is clean, or passes a gate. */
export type DatedCoverage = Coverage & {
  /** Whether the database never loaded a feed of it. */
  readonly isNeverLoaded: boolean;
  /** Whether the vendor no longer publishes advisories for the release. */
  readonly isOutOfSupport: boolean;
  /** Whether the advisories come from a published database that may be out of date. */
  readonly isOutdated: boolean;
  /** Whether only claims of documents need it. */
  readonly isClaimed?: boolean;
};

/** Coverage that depends on no feed. */
const withoutFeeds = { isNeverLoaded: false, isOutOfSupport: false, isOutdated: false };

/**
 * Returns the coverage of each namespace of an image, of packages without a namespace, and of evidence of unlisted packages, by the states of
 * all feeds.
 */
export async function coverageOf(
  image: IndexedImage,
  states: readonly ScopedFeedState[],
  deps: CoverageDeps,
): Promise<DatedCoverage[]> {
  const claimed = new Set(image.claimedNamespaces);
  const covered = await Promise.all(
    image.namespaces.map(async (namespace) => {
      const { name } = advisoryNamespaceOf(namespace);
      const coverage = withEndedRunTimes(
        await coverageOfNamespace(namespace, image.distro, statesFor(name, states), deps),
        image,
        deps,
      );
      return claimed.has(name) ? asClaimed(coverage) : coverage;
    }),
  );
  const ofPackages = [...covered, ...coverageWithoutNamespace(image)];
  const { claimedUnread = [] } = image;
  const unread = [
    ...evidenceCoverage({ ...image, packages: coveringPackagesOf(image), coverage: covered }),
    ...claimedUnread.map((claimed) => coverageOfUnread(claimed)),
    ...coverageOfTables(image),
  ];
  return [
    ...ofPackages,
    ...unread.map((coverage) => ({ ...coverage, ...withoutFeeds })),
    ...coverageOfExcluded(image),
  ];
}

/** Returns the coverage of each of these namespaces, whatever packages an image has. */
export async function coverageOfNamespaces(
  namespaces: readonly Namespace[],
  deps: CoverageDeps,
): Promise<DatedCoverage[]> {
  const states = await deps.store.advisories.findFeedStates({ asOf: deps.asOf });
  return await Promise.all(
    namespaces.map(async (namespace) => {
      const { name } = advisoryNamespaceOf(namespace);
      const distro = distroOfNamespace(namespace.name);
      return await coverageOfNamespace(namespace, distro, statesFor(name, states), deps);
    }),
  );
}

function asClaimed(coverage: DatedCoverage): DatedCoverage {
  const remark = 'only documents in the image claim its packages';
  const reason = coverage.reason === null ? null : `${coverage.reason}; ${remark}`;
  return { ...coverage, reason, isClaimed: true };
}

/** Returns packages among which are all that coverage may depend on. */
export function coveringPackagesOf({ packages, covering = packages }: IndexedImage): readonly ImagePackage[] {
  return covering;
}

function coverageWithoutNamespace(image: IndexedImage): DatedCoverage[] {
  const { packages, distro } = image;
  if (packages.length === 0) return [coverageWithoutPackages(distro)];
  const withoutNamespace = coveringPackagesOf(image).filter(
    (found) => found.lookup === null && !isUnmatched(found),
  );
  return withoutNamespace.length === 0 ? [] : [coverageOfUnsupported(withoutNamespace, distro)];
}

/** Coverage of what a user has excluded. It is unknown, so the image is not clean. */
function coverageOfExcluded({ distro, excluded = [] }: IndexedImage): DatedCoverage[] {
  if (excluded.length === 0) return [];
  const paths = [...new Set(excluded.map(({ path }) => path))].sort(compareText);
  const reason = `excluded by --exclude, so not scanned: ${listSome(paths, 3)}`;
  return [unsupportedCoverage(distro, reason)];
}

/** Coverage of an image without readable packages. It is not clean. */
function coverageWithoutPackages(distro: Distro | null): DatedCoverage {
  return unsupportedCoverage(distro, 'no package database was found in the image');
}

/** Coverage of packages without a namespace, for which no advisories are published. */
function coverageOfUnsupported(packages: readonly Package[], distro: Distro | null): DatedCoverage {
  const kinds = [...new Set(packages.map(({ type }) => type))].sort(compareText).join(', ');
  if (distro === null && packages.every(({ evidence }) => evidence === 'declared'))
    return unsupportedCoverage(distro, `there are no advisories for ${kinds} packages`);
  if (distro === null)
    return unsupportedCoverage(
      distro,
      `no release file names the distribution, so its ${kinds} packages cannot be looked up`,
    );
  const name = distro.prettyName ?? distro.id;
  const isSourceless = packages.every(({ type }) => namespaceOf(distro, type) !== undefined);
  return unsupportedCoverage(
    distro,
    isSourceless
      ? `advisories of ${name} name source packages, but the image does not record those of ${packages.length} ${kinds} packages`
      : `there are no advisories for ${kinds} packages of ${name}`,
  );
}

function unsupportedCoverage(distro: Distro | null, reason: string): DatedCoverage {
  return {
    namespace: distro?.id ?? 'unknown',
    status: 'unsupported',
    newestAdvisory: null,
    fetchedAt: null,
    contentDate: null,
    reason,
    ...withoutFeeds,
  };
}

async function coverageOfNamespace(
  namespace: Namespace,
  distro: Distro | null,
  states: readonly ScopedFeedState[],
  deps: CoverageDeps,
): Promise<DatedCoverage> {
  const { name } = namespace;
  const feeds = effectiveFeeds(namespace, deps.extensions.sources, states);
  const loaded = states.filter((state) => feeds.some((feed) => isLoaded(state, feed)));
  const end = endOfSupport(name, distro, deps);
  const { reasons: gaps, isNeverLoaded } = await gapsOf(namespace, { feeds, loaded, states }, deps);
  const loadedSince = isBeforeLoad(feeds, loaded, deps) ? await loadedSinceOf(namespace, deps) : undefined;
  const unloaded = await unloadedReasons(namespace, states, deps);
  const staleness = [
    ...(gaps.length === 0 ? stalenessReasons(name, { loaded, end }, deps) : []),
    ...unloaded,
  ];
  const reasons = [
    ...(feeds.length === 0 ? [`no advisory source for ${name}`] : []),
    ...gaps,
    ...(loadedSince === undefined ? [] : [laterTimeReason(loadedSince)]),
    ...(end === undefined ? [] : [`out of support since ${end}: no new advisories are written`]),
    ...staleness,
  ];
  return {
    namespace: name,
    status:
      feeds.length === 0
        ? 'unsupported'
        : gaps.length > 0
          ? 'missing'
          : staleness.length > 0
            ? 'stale'
            : 'complete',
    newestAdvisory: latest(loaded.map((state) => state.newestAdvisory)),
    fetchedAt: fetchedAtOf(loaded),
    contentDate: contentDateOf(loaded),
    ...(loadedSince !== undefined && { loadedSince }),
    reason: reasons.length === 0 ? null : reasons.join('; '),
    isNeverLoaded,
    isOutOfSupport: end !== undefined,
    isOutdated: isPublicationOutdated(loaded, deps),
  };
}

/** Whether a feed was not yet loaded at the time that the report is of. */
function isBeforeLoad(
  feeds: readonly AdvisoryFeed[],
  loaded: readonly ScopedFeedState[],
  { asOf }: CoverageDeps,
): boolean {
  return asOf !== undefined && feeds.some((feed) => !loaded.some((state) => isLoaded(state, feed)));
}

/** Returns since when the database has all feeds of a namespace. Null if it never loaded one of them. */
async function loadedSinceOf(
  namespace: Namespace,
  { extensions, store }: CoverageDeps,
): Promise<string | null> {
  const feeds = effectiveFeeds(namespace, extensions.sources, await store.advisories.findFeedStates());
  const times = await Promise.all(
    feeds.map(({ source, feed }) => store.advisories.findFirstLoad({ source: source.name, feed })),
  );
  return times.includes(null) ? null : latest(times);
}

/** Returns which times the database covers, and what to do. */
function laterTimeReason(loadedSince: string | null): string {
  return loadedSince === null
    ? 'the database never loaded all of its advisories: leave out --as-of to fetch them'
    : `the database has all of its advisories since ${loadedSince}: name that time or a later one with --as-of`;
}

/** Returns the last day of support of a release. Undefined while it is supported. */
function endOfSupport(namespace: string, distro: Distro | null, { now }: CoverageDeps): string | undefined {
  const end = supportEnd(namespace, distro ?? undefined);
  return end !== undefined && end < now().toISOString().slice(0, 10) ? end : undefined;
}

/** Longest list of run times in a reason. */
const runTimesMax = 3;

/** Adds the run times of languages in a namespace that are out of support. */
function withEndedRunTimes(
  coverage: DatedCoverage,
  image: IndexedImage,
  { now }: CoverageDeps,
): DatedCoverage {
  const today = now().toISOString().slice(0, 10);
  const ended = coveringPackagesOf(image).flatMap((found) => {
    const end = found.lookup?.namespace.name === coverage.namespace ? supportEndOfPackage(found) : undefined;
    return end !== undefined && end < today ? [`${found.name} ${found.version} since ${end}`] : [];
  });
  if (ended.length === 0) return coverage;
  const reason = `out of support: ${listSome(ended, runTimesMax)}; no new advisories are written`;
  return {
    ...coverage,
    reason: coverage.reason === null ? reason : `${coverage.reason}; ${reason}`,
    isOutOfSupport: true,
  };
}

interface NamespaceFeeds {
  readonly feeds: readonly AdvisoryFeed[];
  readonly loaded: readonly ScopedFeedState[];
  readonly states: readonly ScopedFeedState[];
}

/** Returns why advisories of a namespace are missing. */
async function gapsOf(
  namespace: Namespace,
  { feeds, loaded, states }: NamespaceFeeds,
  deps: CoverageDeps,
): Promise<MissingFeeds> {
  if (feeds.length === 0) return { reasons: [], isNeverLoaded: false };
  const missing = feeds.filter((feed) => !loaded.some((state) => isLoaded(state, feed)));
  if (missing.length > 0) return missingFeeds(missing, states, deps);
  const isCovered = await deps.store.advisories.covers(advisoryNamespaceOf(namespace).name);
  const reasons = isCovered ? [] : [`the loaded advisories do not cover ${namespace.name}`];
  return { reasons, isNeverLoaded: false };
}

function isLoaded(state: ScopedFeedState, { source, feed }: AdvisoryFeed): boolean {
  return state.presence === 'loaded' && state.source === source.name && state.feed === feed;
}

/** Returns the reasons why loaded advisories may be out of date. */
function stalenessReasons(namespace: string, { loaded, end }: LoadedFeeds, deps: CoverageDeps): string[] {
  return [
    ...uncheckedReasons(loaded, 'the advisories', deps),
    ...publicationReasons(loaded),
    ...oldContentReasons({ loaded, end }, deps),
    ...droppedReleaseReasons(namespace, { loaded, end }),
  ];
}

/** Whether a published database may be out of date: its publisher checked the feeds too long ago, or its signatures have expired. */
function isPublicationOutdated(loaded: readonly ScopedFeedState[], deps: CoverageDeps): boolean {
  const published = loaded.filter(({ namespaces }) => namespaces !== undefined);
  const reasons = [...uncheckedReasons(published, 'the advisories', deps), ...publicationReasons(published)];
  return reasons.length > 0;
}

/** Returns a reason for each vendor that removes releases from its feed after their support. Loaded advisories stay unchanged. */
function droppedReleaseReasons(namespace: string, { loaded, end }: LoadedFeeds): string[] {
  if (end === undefined) return [];
  const dropping = loaded.filter(
    ({ source, kept }) => cadenceOf(source).dropsEndedReleases && !kept.includes(namespace),
  );
  return dropping.map(
    ({ source }) => `${source} removes such releases from its feed, so that advisories may be missing`,
  );
}

function latest(times: readonly (string | null)[]): string | null {
  return (
    times
      .filter((time) => time !== null)
      .sort(compareText)
      .at(-1) ?? null
  );
}
