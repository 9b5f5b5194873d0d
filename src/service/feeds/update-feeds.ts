import { ClairError, messageOf } from '../../core/errors.ts';
import { partition } from '../../kit/collections.ts';
import type { Tracer } from '../../kit/trace/tracer.ts';
import type { AdvisorySource, FeedClient, FetchedFeed, OnFeedDate } from '../../plugin/advisory-source.ts';
import type { Enricher } from '../../plugin/enricher.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { FeedChangesUpdate, WholeFeedUpdate } from '../../store/advisory-store.ts';
import type { FeedChangeCounts, FeedIdentity, FeedState } from '../../store/feed-state.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';
import { type AbsentOutcome, absentIfLacking, recordAbsent } from './absent-feed.ts';
import { isSuperseded } from './choose-feeds.ts';
import type { DocumentParsers, ReadText } from './document-batch.ts';
import { digestedRatings, digestedRatingsAhead } from './document-digests.ts';
import { type FeedLockDeps, lockFeed, pollMs } from './feed-lock.ts';
import { type KeyDeps, keyedDocuments, keyedDocumentsAhead, keyedRecords } from './keyed-records.ts';
import { LatestDates } from './latest-dates.ts';
import { type MadeFeed, makeFeed } from './made-feed.ts';
import { applyPublished, type FeedPublication, publishedPrefix } from './published-feed.ts';
import type { ReadAheadBounds, ReadAheadOptions } from './read-ahead.ts';

/** A feed of an advisory source or an enricher. */
export interface FeedOfSource {
  readonly source: AdvisorySource | Enricher;
  readonly feed: string;
}

/**
 * Outcome of the update of one feed. `current`: checked recently enough. `superseded`: its source is a fallback for one that is loaded.
 * `isSilent`: the changes are no events, as the stored content is of another origin or source version.
 */
export type FeedOutcome = FeedOfSource &
  (
    | { readonly outcome: 'current' | 'unchanged' | 'busy' | 'superseded' }
    | AbsentOutcome
    | { readonly outcome: 'updated'; readonly difference: FeedChangeCounts; readonly isSilent?: boolean }
    | { readonly outcome: 'failed'; readonly error: ClairError }
  );

/** Dependencies of the choice of feeds to update. */
export interface FeedChoiceDeps {
  readonly store: Pick<Store, 'advisories'>;
  /** Origin to fetch from. A feed that came from another origin is fetched completely. */
  readonly origin: string;
  /** Feeds checked within this time, in milliseconds, are not updated. 0 updates all. */
  readonly maxAgeMs: number;
  readonly now: () => Date;
  /** Reports a step of the work, with the position among the feeds if it is known. */
  readonly onProgress: (step: string, position?: { readonly n: number; readonly of: number }) => void;
  /** Records a span for the update of each feed. */
  readonly tracer?: Tracer | undefined;
  /** No further feed is started once the signal has aborted. */
  readonly signal?: AbortSignal;
}

/** Updates one feed, here or on another thread. A failure is an outcome. */
export type UpdateFeed = (wanted: FeedOfSource, onProgress: (step: string) => void) => Promise<FeedOutcome>;

/** Dependencies of `updateFeeds`. */
export interface UpdateFeedsDeps extends FeedLockDeps, FeedChoiceDeps {
  readonly store: Pick<Store, 'advisories' | 'enrichments' | 'locks'>;
  readonly schemes: readonly VersionScheme[];
  readonly client: FeedClient;
  /** Version of this program. Without it, documents that did not change are parsed, too. */
  readonly programVersion?: string;
  /** Parses documents of large feeds on other threads. Without it, this thread parses all. */
  readonly parsers?: DocumentParsers | undefined;
  /** Limits of documents that other threads parse; `limits` by default. */
  readonly readAheadBounds?: ReadAheadBounds;
  /** Published databases, from which feeds come if they have them. */
  readonly publication?: FeedPublication | undefined;
  /** Whether a feed may shrink to less than half of its records. Otherwise the update fails. */
  readonly acceptShrunk?: boolean;
  /** Whether a feed may be older than the stored content. Otherwise the update fails. */
  readonly acceptOlder?: boolean;
}

/** Updates feeds independently of each other. A feed that fails keeps its stored content. */
export async function updateFeeds(
  feeds: readonly FeedOfSource[],
  deps: UpdateFeedsDeps,
): Promise<FeedOutcome[]> {
  return await updateEach(feeds, deps, (wanted, onProgress) =>
    updateWithLock(wanted, { ...deps, onProgress }),
  );
}

/** Updates feeds like `updateFeeds`, with `update` for each feed that is neither current nor superseded. */
export async function updateEach(
  feeds: readonly FeedOfSource[],
  deps: FeedChoiceDeps,
  update: UpdateFeed,
): Promise<FeedOutcome[]> {
  const states = await deps.store.advisories.findFeedStates();
  const outcomes: FeedOutcome[] = [];
  for (const [i, wanted] of feeds.entries()) {
    if (deps.signal?.aborted === true) break;
    // Feeds that are made of stored lists change with these lists, and are checked without a request.
    const isCurrent =
      madeOf(wanted.source) === undefined && isRecentlyChecked(stateOf(wanted, states), wanted.source, deps);
    const position = { n: i + 1, of: feeds.length };
    const onProgress = (step: string): void => {
      deps.onProgress(step, position);
    };
    if (isCurrent) outcomes.push({ ...wanted, outcome: 'current' });
    else if (await isSupersededNow(wanted, deps)) outcomes.push({ ...wanted, outcome: 'superseded' });
    else outcomes.push(await traced(wanted, deps, () => update(wanted, onProgress)));
  }
  return outcomes;
}

async function traced(
  wanted: FeedOfSource,
  { tracer }: FeedChoiceDeps,
  update: () => Promise<FeedOutcome>,
): Promise<FeedOutcome> {
  if (tracer === undefined) return await update();
  const attributes = { 'clair.source': wanted.source.name, 'clair.feed': wanted.feed };
  return await tracer.span({ name: 'feed update', attributes }, async () => {
    const outcome = await update();
    const failure = outcome.outcome === 'failed' ? outcome.error.message : undefined;
    tracer.annotate({ 'clair.outcome': outcome.outcome }, failure);
    return outcome;
  });
}

/** Whether the source is a fallback for one that is loaded by now. */
async function isSupersededNow({ source }: FeedOfSource, { store }: FeedChoiceDeps): Promise<boolean> {
  if (!isAdvisorySource(source) || source.fallbackFor === undefined) return false;
  return isSuperseded(source.name, [source], await store.advisories.findFeedStates());
}

function stateOf({ source, feed }: FeedOfSource, states: readonly FeedState[]): FeedState | undefined {
  return states.find((state) => state.source === source.name && state.feed === feed);
}

function isRecentlyChecked(
  state: FeedState | undefined,
  source: FeedOfSource['source'],
  deps: FeedChoiceDeps,
): boolean {
  if (state === undefined || state.presence === 'failed' || !isComparable(state, source, deps)) return false;
  const ageMs = deps.now().getTime() - Date.parse(state.checkedAt);
  // A time in the future is from another clock, so it does not count.
  return ageMs >= 0 && ageMs < deps.maxAgeMs;
}

/** Whether this source would parse the same content from this origin into the stored records. */
function isComparable(state: FeedState, source: FeedOfSource['source'], { origin }: FeedChoiceDeps): boolean {
  return state.origin === origin && state.sourceVersion === source.version;
}

function isOfAnother(
  state: FeedState | undefined,
  ...current: [FeedOfSource['source'], FeedChoiceDeps]
): boolean {
  return state?.presence === 'loaded' && !isComparable(state, ...current);
}

/** Updates a feed under its lock. If another process updated it during the wait, the outcome is `current`. */
export async function updateWithLock(wanted: FeedOfSource, deps: UpdateFeedsDeps): Promise<FeedOutcome> {
  await using lock = await lockFeed({ source: wanted.source.name, feed: wanted.feed }, deps);
  if (lock === undefined) return { ...wanted, outcome: 'busy' };
  const { lease, waitedMs } = lock;
  try {
    const state = stateOf(wanted, await deps.store.advisories.findFeedStates());
    const wasDone =
      waitedMs > 0 && isRecentlyChecked(state, wanted.source, { ...deps, maxAgeMs: waitedMs + pollMs });
    return wasDone ? { ...wanted, outcome: 'current' } : await updateFeed(wanted, state, { ...deps, lease });
  } catch (error) {
    const failure =
      error instanceof ClairError
        ? error
        : new ClairError('feed-corrupt', messageOf(error), { cause: error });
    return await failedOutcome(wanted, failure, { ...deps, lease });
  }
}

/** The lock of the feed that is being updated. */
interface HeldLease {
  readonly lease: Lease;
}

/** Returns the outcome of a failed feed and records the failure in the store. A feed that was not tried keeps its last record. */
export async function failedOutcome(
  wanted: FeedOfSource,
  error: ClairError,
  deps: FeedChoiceDeps & Partial<HeldLease>,
): Promise<FeedOutcome> {
  if (error.code !== 'feed-not-tried') await noteFailure(wanted, error, deps);
  return { ...wanted, outcome: 'failed', error };
}

/** Records the failure for `clair db status`. Ignores errors of the store, because the outcome already has its cause. */
async function noteFailure(
  wanted: FeedOfSource,
  { message }: ClairError,
  deps: FeedChoiceDeps & Partial<HeldLease>,
): Promise<void> {
  const at = deps.now().toISOString();
  await deps.store.advisories
    .recordFailure(identityOf(wanted, deps), { at, message }, deps.lease)
    .catch(() => undefined);
}

function identityOf({ source, feed }: FeedOfSource, { origin }: FeedChoiceDeps): FeedIdentity {
  return { source: source.name, feed, sourceVersion: source.version, origin };
}

async function updateFeed(
  wanted: FeedOfSource,
  state: FeedState | undefined,
  deps: UpdateFeedsDeps & HeldLease,
): Promise<FeedOutcome> {
  const { source, feed } = wanted;
  const { advisories } = deps.store;
  const published = await deps.publication?.find({ source: source.name, feed }, state?.fingerprint);
  if (published !== undefined) {
    deps.onProgress(`reading published advisories ${source.name} ${feed}`);
    return { ...wanted, ...(await applyPublished(published, state, deps)) };
  }
  const reusable = await reusableState(wanted, state, deps);
  const identity = identityOf(wanted, deps);
  deps.onProgress(`${isDirectory(deps.origin) ? 'reading' : 'fetching'} advisories ${source.name} ${feed}`);
  const { fetched, checkedAt: at = deps.now().toISOString() } = await fetchOrMake(
    wanted,
    reusable,
    deps,
  ).catch(absentIfLacking(identity, state, deps.publication));
  if (fetched === 'absent') {
    const isMade = madeOf(source) !== undefined;
    return { ...wanted, ...(await recordAbsent(identity, state, { ...deps, at, isMade })) };
  }
  if (fetched === 'unchanged') {
    if (reusable === undefined) throw unchangedWithoutContent(wanted);
    await advisories.touch({ ...reusable, presence: 'loaded', checkedAt: at }, deps.lease);
    return { ...wanted, outcome: 'unchanged' };
  }
  const update = toUpdate(identity, fetched, { ...deps, fetchedAt: at });
  const difference = await apply(wanted, fetched, { update, deps });
  return { ...wanted, outcome: 'updated', difference, isSilent: isOfAnother(state, source, deps) };
}

/** Fetches a feed, or makes it of stored lists. It then counts as checked when they were. */
async function fetchOrMake(
  { source, feed }: FeedOfSource,
  reusable: FeedState | undefined,
  deps: UpdateFeedsDeps,
): Promise<MadeFeed> {
  const lists = madeOf(source);
  return lists === undefined
    ? { fetched: await source.fetch(feed, deps.client, reusable?.fingerprint) }
    : await makeFeed(lists, reusable?.fingerprint, deps);
}

/** Returns the state of a feed if its content is in the store and up to date with the source version and origin. */
async function reusableState(
  wanted: FeedOfSource,
  state: FeedState | undefined,
  deps: UpdateFeedsDeps,
): Promise<FeedState | undefined> {
  if (state?.presence !== 'loaded' || !isComparable(state, wanted.source, deps)) return undefined;
  if (state.fingerprint.startsWith(publishedPrefix)) return undefined;
  const isThere = state.records === 0 || (await deps.store.advisories.hasContent(state));
  return isThere ? state : undefined;
}

/**
 * Error for a feed that is reported as unchanged while the store has no content of it. Otherwise the feed would wrongly count as loaded.
 */
function unchangedWithoutContent({ source, feed }: FeedOfSource): ClairError {
  return new ClairError(
    'feed-unavailable',
    `the origin reports ${source.name} ${feed} as unchanged, but the database has no content of it. Check the server or mirror`,
  );
}

/** Whether feeds come from a local directory. */
function isDirectory(origin: string): boolean {
  return origin !== 'upstream' && !origin.includes('://');
}

/** Time of the fetch, the lock of the feed, and the unusual content to accept. */
interface AcceptanceOptions
  extends HeldLease,
    Pick<UpdateFeedsDeps, 'acceptShrunk' | 'acceptOlder' | 'programVersion'> {
  readonly fetchedAt: string;
}

function toUpdate(
  identity: FeedIdentity,
  { fingerprint, lastModified, fileModified, extent }: FetchedFeed,
  { fetchedAt, lease, acceptShrunk, acceptOlder, programVersion }: AcceptanceOptions,
): WholeFeedUpdate | FeedChangesUpdate {
  const state = {
    ...identity,
    fingerprint,
    fetchedAt,
    lease,
    ...(lastModified !== undefined && { lastModified }),
    ...(fileModified !== undefined && { fileModified }),
  };
  if (extent === 'changes') return { kind: 'changes', ...state };
  return {
    kind: 'whole',
    ...state,
    ...(acceptShrunk === true && { acceptShrunk }),
    ...(acceptOlder === true && { acceptOlder }),
    ...(programVersion !== undefined && { program: programVersion }),
  };
}

/** A feed that was fetched, to be applied. */
interface Application {
  readonly fetched: FetchedFeed;
  readonly update: WholeFeedUpdate | FeedChangesUpdate;
  readonly onDate: OnFeedDate;
  readonly deps: UpdateFeedsDeps;
}

async function apply(
  { source, feed }: FeedOfSource,
  fetched: FetchedFeed,
  { update, deps }: Pick<Application, 'update' | 'deps'>,
): Promise<FeedChangeCounts> {
  const dates = new LatestDates(deps.now());
  const onDate: OnFeedDate = (date) => {
    dates.note(date);
  };
  const application = { fetched, update: { ...update, dates }, onDate, deps };
  return isAdvisorySource(source)
    ? await applyAdvisories(source, feed, application)
    : await applyRatings(source, feed, application);
}

async function applyAdvisories(
  source: AdvisorySource,
  feed: string,
  { fetched, update, onDate, deps }: Application,
): Promise<FeedChangeCounts> {
  const { advisories } = deps.store;
  const keys: KeyDeps = { schemes: deps.schemes, from: fetched.url };
  const documents = deps.programVersion === undefined ? undefined : source.documents?.(feed, fetched, onDate);
  if (documents === undefined)
    return await advisories.apply(update, keyedRecords(source.parse(feed, fetched, onDate), keys));
  const ahead = aheadOf({ source, feed }, fetched, deps, await source.documentReader?.(feed, fetched));
  if (ahead === undefined) return await advisories.apply(update, keyedDocuments(documents, keys));
  return await advisories.apply(update, (isKnown) =>
    keyedDocumentsAhead(documents, keys, { ...ahead, isKnown }),
  );
}

async function applyRatings(
  source: Enricher,
  feed: string,
  { fetched, update, onDate, deps }: Application,
): Promise<FeedChangeCounts> {
  const { enrichments } = deps.store;
  const documents = deps.programVersion === undefined ? undefined : source.documents?.(feed, fetched, onDate);
  if (documents === undefined) return await enrichments.apply(update, source.parse(feed, fetched, onDate));
  const reader = `${source.version} ${deps.programVersion ?? ''}`;
  const ahead = aheadOf({ source, feed }, fetched, deps, await source.documentReader?.(feed, fetched));
  if (ahead === undefined) return await enrichments.apply(update, digestedRatings(documents, reader));
  return await enrichments.apply(update, (isKnown) =>
    digestedRatingsAhead(documents, reader, { ...ahead, isKnown }),
  );
}

/** Returns how other threads parse the documents of a feed. Undefined if this thread parses all. */
function aheadOf(
  { source, feed }: FeedOfSource,
  { url }: FetchedFeed,
  { parsers, readAheadBounds: bounds }: UpdateFeedsDeps,
  read: ReadText | undefined,
): Omit<ReadAheadOptions<never>, 'isKnown'> | undefined {
  if (parsers === undefined || read === undefined) return undefined;
  return { of: { source: source.name, feed, url }, parsers, read, bounds };
}

/** Returns the lists that the feeds of a source are made of. Undefined if it fetches them. */
function madeOf(source: FeedOfSource['source']): AdvisorySource['madeOf'] {
  return isAdvisorySource(source) ? source.madeOf : undefined;
}

/** Returns the sources and enrichers in the order of updates: sources that are made of lists come after the lists. */
export function inUpdateOrder(
  sources: readonly AdvisorySource[],
  enrichers: readonly Enricher[],
): readonly FeedOfSource['source'][] {
  const [made, fetched] = partition(sources, ({ madeOf }) => madeOf !== undefined);
  return [...fetched, ...enrichers, ...made];
}

/** Whether a source publishes advisories. An enricher publishes ratings, which have no packages. */
export function isAdvisorySource(source: FeedOfSource['source']): source is AdvisorySource {
  return 'feedsFor' in source;
}
