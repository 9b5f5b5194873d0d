import { supportEnd } from '../../match/support-end.ts';
import type { Distro } from '../../model/distro.ts';
import { advisoryNamespaceOf, type Namespace, namespaceOf } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Package } from '../../model/package.ts';
import type { Coverage } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { AsOf, FeedState, Store } from '../../store/store.ts';
import { type AdvisoryFeed, feedsThatCount } from '../feeds/choose-feeds.ts';
import type { FeedOutcome } from '../feeds/update-feeds.ts';
import type { IndexedImage } from '../images/index-image.ts';

/** What telling the coverage needs. With `asOf`, it is told as it was then. */
export interface CoverageRoom extends AsOf {
  readonly extensions: Pick<Extensions, 'sources'>;
  readonly store: Pick<Store, 'advisories'>;
  /** What the update just before said of its feeds; empty when none was tried. */
  readonly outcomes: readonly FeedOutcome[];
  readonly now: () => Date;
  /** Advisories older than this are called stale. */
  readonly staleAfterMs: number;
}

/** Coverage, and whether the vendor has stopped writing advisories for the release. */
export type DatedCoverage = Coverage & { readonly isOutOfSupport: boolean };

/** What is known about the advisories of each namespace of an image, and about packages that belong to none. */
export async function coverageOf(image: IndexedImage, room: CoverageRoom): Promise<DatedCoverage[]> {
  const states = await room.store.advisories.feedStates({ asOf: room.asOf });
  const covered = await Promise.all(
    image.namespaces.map((namespace) => coverageOfNamespace(namespace, image.distro, states, room)),
  );
  if (image.packages.length === 0) return [nothingFound(image.distro)];
  const homeless = image.packages.filter(({ lookup }) => lookup === null);
  return homeless.length === 0 ? covered : [...covered, uncovered(homeless, image.distro)];
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
  const end = supportEnd(name, distro ?? undefined);
  const isOutOfSupport = end !== undefined && end < room.now().toISOString().slice(0, 10);
  const gaps = feeds.length === 0 ? [] : await gapsOf(namespace, { feeds, loaded, states }, room);
  const late = gaps.length === 0 ? lateness(loaded, room) : [];
  const reasons = [
    ...(feeds.length === 0 ? [`no advisory source for ${name}`] : []),
    ...gaps,
    ...late,
    ...(isOutOfSupport ? [`out of support since ${end}: no new advisories are written`] : []),
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
    fetchedAt: loaded.map((state) => state.fetchedAt).sort(compareText)[0] ?? null,
    reason: reasons.length === 0 ? null : reasons.join('; '),
    isOutOfSupport,
  };
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
  if (missing.length > 0) {
    return missing.map(
      (feed) => `the feed ${feed.source.name} ${feed.feed} ${whyMissing(feed, states, room)}`,
    );
  }
  const speaks = await room.store.advisories.speaksOf(advisoryNamespaceOf(namespace).name);
  return speaks ? [] : [`the advisories that were loaded do not speak of ${namespace.name}`];
}

function isLoaded(state: FeedState, { source, feed }: AdvisoryFeed): boolean {
  return state.presence === 'loaded' && state.source === source.name && state.feed === feed;
}

function whyMissing(
  { source, feed }: AdvisoryFeed,
  states: readonly FeedState[],
  { outcomes, asOf }: CoverageRoom,
): string {
  if (asOf !== undefined) return 'was not yet loaded at that time';
  const outcome = outcomes.find((tried) => tried.source.name === source.name && tried.feed === feed);
  if (outcome?.outcome === 'failed') return `could not be fetched: ${outcome.error.message}`;
  if (outcome?.outcome === 'busy') return 'is being fetched by another process; try again in a moment';
  const isAbsent = states.some(
    (state) => state.source === source.name && state.feed === feed && state.presence === 'absent',
  );
  return isAbsent ? 'does not exist where advisories are fetched from' : 'was never loaded';
}

function lateness(loaded: readonly FeedState[], { now, staleAfterMs, outcomes }: CoverageRoom): string[] {
  const oldest = loaded.map(({ checkedAt }) => checkedAt).sort(compareText)[0];
  if (oldest === undefined || now().getTime() - Date.parse(oldest) <= staleAfterMs) return [];
  const failed = outcomes.find((outcome) => outcome.outcome === 'failed');
  const why = failed?.outcome === 'failed' ? `; refreshing failed: ${failed.error.message}` : '';
  return [`the advisories were last known to be current at ${oldest}${why}`];
}

function latest(times: readonly (string | null)[]): string | null {
  return (
    times
      .filter((time) => time !== null)
      .sort(compareText)
      .at(-1) ?? null
  );
}
