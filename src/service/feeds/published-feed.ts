import type { Enrichment } from '../../model/enrichment.ts';
import type { Namespace } from '../../model/namespace.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import type { EnrichmentRecord } from '../../plugin/enricher.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { KeyedAffected, KeyedRecord, PublishedFeedUpdate } from '../../store/advisory-store.ts';
import type { FeedEnrichment } from '../../store/enrichment-store.ts';
import type { FeedChangeCounts, FeedIdentity, FeedName, FeedState } from '../../store/feed-state.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';
import { withKeys } from './keyed-records.ts';

/** A record of a published feed. `keys` of its rows are absent if the publisher has other version keys. */
export type PublishedRecord =
  | (PublishedVulnerability & { readonly kind: 'vulnerability' })
  | (PublishedVulnerability & { readonly kind: 'retained'; readonly retainedFor: Namespace })
  | { readonly kind: 'withdrawn'; readonly key: string };

interface PublishedVulnerability extends Omit<Vulnerability, 'affected'> {
  readonly affected: readonly KeyedAffected[];
}

/** A feed in published databases. */
export interface PublishedFeed {
  /** Its state where it was published. */
  readonly state: FeedState;
  /** Identifies its content. The next call of `find` passes it. */
  readonly fingerprint: string;
  /** `changes`: the records since the content with the stored fingerprint. */
  readonly extent: PublishedFeedUpdate['extent'];
  /** Whether its version keys are those of this program. */
  readonly hasCurrentKeys: boolean;
  /** Whether it has ratings instead of advisories. */
  readonly isRating: boolean;
  /** Fetches and yields the advisories. */
  readonly records: () => AsyncIterable<PublishedRecord>;
  /** Fetches and yields the ratings. A rating may lack the description that the advisories of its vulnerability have. */
  readonly ratings: () => AsyncIterable<Enrichment>;
}

/** Published databases as an origin of feeds. */
export interface FeedPublication {
  /**
   * Returns a feed. Undefined if no database publishes it: it then comes from its vendor. `stored` is the fingerprint of the stored
   * content. Throws `feed-unavailable` or `feed-corrupt` if a database that may have it cannot be read.
   */
  find(feed: FeedName, stored: string | undefined): Promise<PublishedFeed | undefined>;
  /** Returns whether a publisher did not find a feed at its origin. */
  lacks(feed: FeedName): Promise<boolean>;
}

/** Begins the fingerprints of published feeds. A vendor never has the same. */
export const publishedPrefix = 'published:';

/** Dependencies of `applyPublished`. */
export interface ApplyPublishedDeps {
  readonly store: Pick<Store, 'advisories' | 'enrichments'>;
  readonly schemes: readonly VersionScheme[];
  /** The lock of the feed. */
  readonly lease: Lease;
  readonly acceptShrunk?: boolean;
  readonly acceptOlder?: boolean;
}

/** Outcome of the application of a published feed. */
export type PublishedOutcome =
  | { readonly outcome: 'unchanged' | 'absent' }
  | { readonly outcome: 'updated'; readonly difference: FeedChangeCounts };

/**
 * Applies a published feed to the store by difference. Its state is that of the publisher, its origin included. So events, history and
 * reports are those of a store that loads the feed from the vendor, and a store that did so before changes nothing.
 */
export async function applyPublished(
  published: PublishedFeed,
  here: FeedState | undefined,
  deps: ApplyPublishedDeps,
): Promise<PublishedOutcome> {
  const { state, fingerprint } = published;
  const { advisories } = deps.store;
  const { source, feed, sourceVersion, origin, fetchedAt, checkedAt } = state;
  const identity: FeedIdentity = { source, feed, sourceVersion, origin };
  if (state.presence !== 'loaded') {
    const absent = { ...identity, presence: 'absent', fingerprint: '', fetchedAt, checkedAt } as const;
    if (here?.presence !== 'loaded') await advisories.touch(absent, deps.lease);
    return { outcome: 'absent' };
  }
  if (
    here?.presence === 'loaded' &&
    here.fingerprint === fingerprint &&
    (await hasContent(here, advisories))
  ) {
    const current = { ...identity, presence: 'loaded', fingerprint, fetchedAt, checkedAt } as const;
    await advisories.touch(current, deps.lease);
    return { outcome: 'unchanged' };
  }
  const update = toUpdate(published, identity, deps);
  return { outcome: 'updated', difference: await apply(published, update, deps) };
}

async function hasContent(here: FeedState, advisories: Store['advisories']): Promise<boolean> {
  return here.records === 0 || (await advisories.hasContent(here));
}

function toUpdate(
  { state, fingerprint, extent }: PublishedFeed,
  identity: FeedIdentity,
  { lease, acceptShrunk, acceptOlder }: ApplyPublishedDeps,
): PublishedFeedUpdate {
  const { fetchedAt, checkedAt, newestAdvisory, skipped, contentDate, contentEvidence, contentModel } = state;
  return {
    kind: 'published',
    ...identity,
    fingerprint,
    fetchedAt,
    extent,
    lease,
    state: {
      checkedAt,
      newestAdvisory,
      skipped,
      contentDate,
      contentEvidence,
      ...(contentModel !== undefined && { contentModel }),
    },
    ...(acceptShrunk === true && { acceptShrunk }),
    ...(acceptOlder === true && { acceptOlder }),
  };
}

async function apply(
  published: PublishedFeed,
  update: PublishedFeedUpdate,
  { store, schemes }: ApplyPublishedDeps,
): Promise<FeedChangeCounts> {
  return published.isRating
    ? await store.enrichments.apply(update, ratingsOf(published, update, store))
    : await store.advisories.apply(update, keyedRecords(published, schemes));
}

async function* keyedRecords(
  { records, hasCurrentKeys, state: { source, feed } }: PublishedFeed,
  schemes: readonly VersionScheme[],
): AsyncGenerator<KeyedRecord> {
  for await (const record of records())
    yield hasCurrentKeys || record.kind === 'withdrawn'
      ? record
      : withKeys(record, schemes, `the published database of ${source} ${feed}`);
}

/** Number of ratings that are compared at a time. */
const ratingsAtATime = 500;

/** Yields ratings, each with the stored description if it has none. */
async function* ratingsOf(
  { ratings }: PublishedFeed,
  feed: FeedName,
  { enrichments }: Pick<Store, 'enrichments'>,
): AsyncGenerator<EnrichmentRecord> {
  let batch: Enrichment[] = [];
  for await (const rating of ratings()) {
    batch.push(rating);
    if (batch.length < ratingsAtATime) continue;
    yield* await describe(batch, feed, enrichments);
    batch = [];
  }
  yield* await describe(batch, feed, enrichments);
}

async function describe(
  ratings: readonly Enrichment[],
  { source, feed }: FeedName,
  enrichments: Store['enrichments'],
): Promise<readonly EnrichmentRecord[]> {
  const undescribed = ratings.filter(
    ({ description, epss }) => description === undefined && epss === undefined,
  );
  const stored = (await enrichments.findWithFeeds(undescribed.map(({ id }) => id))).filter(
    (one) => one.source === source && one.feed === feed && one.description !== undefined,
  );
  const byId = new Map(stored.map((one) => [one.id, one]));
  return ratings.map((rating) => {
    const known = byId.get(rating.id);
    return { kind: 'enrichment', ...(known === undefined ? rating : withDescription(rating, known)) };
  });
}

/** Adds the stored description. If that is the only difference, the result equals the stored rating also in the order of its members. */
function withDescription(rating: Enrichment, { source, feed, ...stored }: FeedEnrichment): Enrichment {
  const { description, ...others } = stored;
  const isSame = JSON.stringify(ordered(others)) === JSON.stringify(ordered(rating));
  return isSame ? stored : { ...rating, ...(description !== undefined && { description }) };
}

function ordered(rating: Enrichment): [string, unknown][] {
  return Object.entries(rating).sort(([a], [b]) => (a < b ? -1 : 1));
}
