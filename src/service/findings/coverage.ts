import type { ClairError } from '../../kit/errors.ts';
import { HttpError } from '../../kit/http/http-rules.ts';
import { rhythmOf } from '../../match/content-age.ts';
import { supportEnd } from '../../match/support-end.ts';
import type { Distro } from '../../model/distro.ts';
import { advisoryNamespaceOf, type Namespace, namespaceOf } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Package } from '../../model/package.ts';
import type { Coverage } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { AsOf, FeedState, Store } from '../../store/store.ts';
import { type AdvisoryFeed, feedsThatCount } from '../feeds/choose-feeds.ts';
import type { IndexedImage } from '../images/index-image.ts';
import { coverageOfUnread, evidenceCoverage } from './evidence-coverage.ts';
import {
  type AgeOptions,
  contentDateOf,
  fetchedAtOf,
  type LoadedFeeds,
  oldContentReasons,
  uncheckedReasons,
} from './feed-age.ts';
import { unloadedReasons } from './unloaded-sources.ts';

/** What telling the coverage needs. With `asOf`, it is told as it was then. */
export interface CoverageRoom extends AsOf, AgeOptions {
  readonly extensions: Pick<Extensions, 'sources'>;
  readonly store: Pick<Store, 'advisories'>;
}

/** Coverage, and whether the vendor has stopped writing advisories for the release. */
export type DatedCoverage = Coverage & { readonly isOutOfSupport: boolean };

/** What is known about the advisories of each namespace of an image, about packages that belong to none, and about what is not listed. */
export async function coverageOf(image: IndexedImage, room: CoverageRoom): Promise<DatedCoverage[]> {
  const states = await room.store.advisories.feedStates({ asOf: room.asOf });
  const covered = await Promise.all(
    image.namespaces.map((namespace) => coverageOfNamespace(namespace, image.distro, states, room)),
  );
  const ofPackages = [...covered, ...withoutNamespace(image)];
  const { claimedUnread = [] } = image;
  const unread = [
    ...evidenceCoverage({ ...image, coverage: covered }),
    ...claimedUnread.map((claimed) => coverageOfUnread(claimed)),
  ];
  return [
    ...ofPackages,
    ...unread.map((coverage) => ({ ...coverage, isOutOfSupport: false })),
    ...exclusion(image),
  ];
}

function withoutNamespace({ packages, distro }: IndexedImage): DatedCoverage[] {
  if (packages.length === 0) return [nothingFound(distro)];
  const homeless = packages.filter(({ lookup }) => lookup === null);
  return homeless.length === 0 ? [] : [uncovered(homeless, distro)];
}

/** What a user had left out is not known to be clean. */
function exclusion({ distro, excluded = [] }: IndexedImage): DatedCoverage[] {
  if (excluded.length === 0) return [];
  const paths = [...new Set(excluded.map(({ path }) => path))].sort(compareText);
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
  const reason = `excluded by --exclude, and so not looked at: ${paths.slice(0, 3).join(', ')}${more}`;
  return [outsideNamespaces(distro, reason)];
}

/** An image without any package we can read is not a clean one. */
function nothingFound(distro: Distro | null): DatedCoverage {
  return outsideNamespaces(distro, 'no package database was found in the image');
}

/** Packages that belong to no namespace: nobody publishes advisories we could hold against them. */
function uncovered(packages: readonly Package[], distro: Distro | null): DatedCoverage {
  const kinds = [...new Set(packages.map(({ type }) => type))].sort(compareText).join(', ');
  if (distro === null)
    return outsideNamespaces(
      distro,
      `no release file says what distribution this is, so its ${kinds} packages cannot be looked up`,
    );
  const name = distro.prettyName ?? distro.id;
  const isSourceless = packages.every(({ type }) => namespaceOf(distro, type) !== undefined);
  return outsideNamespaces(
    distro,
    isSourceless
      ? `advisories of ${name} name source packages, and the image does not tell those of ${packages.length} ${kinds} packages`
      : `${name} has no namespace for ${kinds} packages`,
  );
}

function outsideNamespaces(distro: Distro | null, reason: string): DatedCoverage {
  return {
    namespace: distro?.id ?? 'unknown',
    status: 'unsupported',
    newestAdvisory: null,
    fetchedAt: null,
    contentDate: null,
    reason,
    isOutOfSupport: false,
  };
}

async function coverageOfNamespace(
  namespace: Namespace,
  distro: Distro | null,
  states: readonly FeedState[],
  room: CoverageRoom,
): Promise<DatedCoverage> {
  const { name } = namespace;
  const feeds = feedsThatCount(namespace, room.extensions.sources, states);
  const loaded = states.filter((state) => feeds.some((feed) => isLoaded(state, feed)));
  const end = endOfSupport(name, distro, room);
  const gaps = feeds.length === 0 ? [] : await gapsOf(namespace, { feeds, loaded, states }, room);
  const unloaded = await unloadedReasons(namespace, states, room);
  const late = [...(gaps.length === 0 ? lateness(name, { loaded, end }, room) : []), ...unloaded];
  const reasons = [
    ...(feeds.length === 0 ? [`no advisory source for ${name}`] : []),
    ...gaps,
    ...(end === undefined ? [] : [`out of support since ${end}: no new advisories are written`]),
    ...late,
  ];
  return {
    namespace: name,
    status:
      feeds.length === 0
        ? 'unsupported'
        : gaps.length > 0
          ? 'missing'
          : late.length > 0
            ? 'stale'
            : 'complete',
    newestAdvisory: latest(loaded.map((state) => state.newestAdvisory)),
    fetchedAt: fetchedAtOf(loaded),
    contentDate: contentDateOf(loaded),
    reason: reasons.length === 0 ? null : reasons.join('; '),
    isOutOfSupport: end !== undefined,
  };
}

/** The last day of support of a release that has none any more. */
function endOfSupport(namespace: string, distro: Distro | null, { now }: CoverageRoom): string | undefined {
  const end = supportEnd(namespace, distro ?? undefined);
  return end !== undefined && end < now().toISOString().slice(0, 10) ? end : undefined;
}

interface Feeds {
  readonly feeds: readonly AdvisoryFeed[];
  readonly loaded: readonly FeedState[];
  readonly states: readonly FeedState[];
}

/** Why the advisories of a namespace are not all there. */
async function gapsOf(
  namespace: Namespace,
  { feeds, loaded, states }: Feeds,
  room: CoverageRoom,
): Promise<string[]> {
  const missing = feeds.filter((feed) => !loaded.some((state) => isLoaded(state, feed)));
  if (missing.length > 0) return missingReasons(missing, states, room);
  const speaks = await room.store.advisories.speaksOf(advisoryNamespaceOf(namespace).name);
  return speaks ? [] : [`the advisories that were loaded do not speak of ${namespace.name}`];
}

function isLoaded(state: FeedState, { source, feed }: AdvisoryFeed): boolean {
  return state.presence === 'loaded' && state.source === source.name && state.feed === feed;
}

/** Why feeds are missing. Where no try got to a host, that alone: it is the reason for all that come from there. */
function missingReasons(
  missing: readonly AdvisoryFeed[],
  states: readonly FeedState[],
  room: CoverageRoom,
): string[] {
  const failures = missing.map((feed) => failureOf(feed, room));
  const unreached = failures.flatMap((error) => (error !== undefined && isUnreached(error) ? [error] : []));
  const first = unreached.find(({ code }) => code !== 'feed-not-tried') ?? unreached[0];
  if (first !== undefined && unreached.length === missing.length) return [first.message];
  return missing.map(({ source, feed }, i) => {
    const why = failures[i]?.message ?? whyMissing({ source, feed }, states, room);
    return `the feed ${source.name} ${feed} ${failures[i] === undefined ? why : `could not be fetched: ${why}`}`;
  });
}

/** Whether no host gave an answer. */
function isUnreached({ code, cause }: ClairError): boolean {
  return code === 'feed-not-tried' || (cause instanceof HttpError && cause.unreachable !== undefined);
}

/** What the update just before failed with, where it did. */
function failureOf({ source, feed }: AdvisoryFeed, { outcomes, asOf }: CoverageRoom): ClairError | undefined {
  if (asOf !== undefined) return undefined;
  const outcome = outcomes.find((tried) => tried.source.name === source.name && tried.feed === feed);
  return outcome?.outcome === 'failed' ? outcome.error : undefined;
}

function whyMissing(
  { source, feed }: AdvisoryFeed,
  states: readonly FeedState[],
  { outcomes, asOf }: CoverageRoom,
): string {
  if (asOf !== undefined) return 'was not yet loaded at that time';
  const outcome = outcomes.find((tried) => tried.source.name === source.name && tried.feed === feed);
  if (outcome?.outcome === 'busy') return 'is being fetched by another process; try again in a moment';
  const isAbsent = states.some(
    (state) => state.source === source.name && state.feed === feed && state.presence === 'absent',
  );
  return isAbsent ? 'does not exist where advisories are fetched from' : 'was never loaded';
}

/** Why advisories that are there may not be all there are today. */
function lateness(namespace: string, { loaded, end }: LoadedFeeds, room: CoverageRoom): string[] {
  return [
    ...uncheckedReasons(loaded, 'the advisories', room),
    ...oldContentReasons({ loaded, end }, room),
    ...dropped(namespace, { loaded, end }),
  ];
}

/** That a vendor removes releases from its feed when their support ends; what was loaded before is kept as it was. */
function dropped(namespace: string, { loaded, end }: LoadedFeeds): string[] {
  if (end === undefined) return [];
  const dropping = loaded.filter(
    ({ source, kept }) => rhythmOf(source).dropsEndedReleases && !kept.includes(namespace),
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
