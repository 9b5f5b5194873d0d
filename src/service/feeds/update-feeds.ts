import { ClairError, messageOf } from '../../core/errors.ts';
import { noopTracer, type Tracer } from '../../kit/trace/tracer.ts';
import type {
  AdvisorySource,
  FeedClient,
  FeedRecord,
  FetchedFeed,
  OnFeedDate,
} from '../../plugin/advisory-source.ts';
import type { Enricher } from '../../plugin/enricher.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type {
  FeedChangeCounts,
  FeedIdentity,
  FeedState,
  FeedUpdate,
  KeyedRecord,
  Store,
} from '../../store/store.ts';
import { isSuperseded } from './choose-feeds.ts';
import { type FeedLockDeps, lockFeed, pollMs } from './feed-lock.ts';
import { withKeys } from './keyed-records.ts';
import { LatestDates } from './latest-dates.ts';

/** A feed of a source of advisories or of an enricher. */
export interface FeedOfSource {
  readonly source: AdvisorySource | Enricher;
  readonly feed: string;
}

/**
 * What became of one feed. `current`: young enough not to be asked for. `superseded`: its source stands in for one that is there.
 */
export type FeedOutcome = FeedOfSource &
  (
    | { readonly outcome: 'current' | 'unchanged' | 'absent' | 'busy' | 'superseded' }
    | { readonly outcome: 'updated'; readonly difference: FeedChangeCounts }
    | { readonly outcome: 'failed'; readonly error: ClairError }
  );

/** Dependencies of the choice of feeds to update. */
export interface FeedChoiceDeps {
  readonly store: Pick<Store, 'advisories'>;
  /** Where feeds are fetched from: feeds that came from elsewhere are fetched anew. */
  readonly origin: string;
  /** Feeds checked less than so long ago are left alone; 0 asks for all. */
  readonly maxAgeMs: number;
  readonly now: () => Date;
  /** A step of the work, and which of how many it is where that is known. */
  readonly onProgress: (step: string, position?: { readonly n: number; readonly of: number }) => void;
  /** Follows the update of each feed. */
  readonly tracer?: Tracer;
  /** No further feed is begun once the signal has come. */
  readonly signal?: AbortSignal;
}

/** Updates one feed, here or on another thread. A failure is an outcome. */
export type UpdateFeed = (wanted: FeedOfSource, onProgress: (step: string) => void) => Promise<FeedOutcome>;

/** What updating needs. */
export interface UpdateFeedsDeps extends FeedLockDeps, FeedChoiceDeps {
  readonly store: Pick<Store, 'advisories' | 'enrichments' | 'locks'>;
  readonly schemes: readonly VersionScheme[];
  readonly client: FeedClient;
  /** Whether a feed may have shrunk to less than half; otherwise that is taken for a fault of it. */
  readonly acceptShrunk?: boolean;
  /** Whether the content of a feed may be older than the one in force; otherwise it is refused. */
  readonly acceptOlder?: boolean;
}

/** Brings feeds up to date, each on its own: one that fails costs nothing to the others, and its old content stays. */
export async function updateFeeds(
  feeds: readonly FeedOfSource[],
  deps: UpdateFeedsDeps,
): Promise<FeedOutcome[]> {
  return await updateEach(feeds, deps, (wanted, onProgress) =>
    updateWithLock(wanted, { ...deps, onProgress }),
  );
}

/** As `updateFeeds`, with `update` for each feed that is neither current nor superseded. */
export async function updateEach(
  feeds: readonly FeedOfSource[],
  deps: FeedChoiceDeps,
  update: UpdateFeed,
): Promise<FeedOutcome[]> {
  const states = await deps.store.advisories.findFeedStates();
  const outcomes: FeedOutcome[] = [];
  for (const [i, wanted] of feeds.entries()) {
    if (deps.signal?.aborted === true) break;
    const isCurrent = isRecentlyChecked(stateOf(wanted, states), wanted.source, deps);
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
  { tracer = noopTracer }: FeedChoiceDeps,
  update: () => Promise<FeedOutcome>,
): Promise<FeedOutcome> {
  const attributes = { 'clair.source': wanted.source.name, 'clair.feed': wanted.feed };
  return await tracer.span({ name: 'feed update', attributes }, async () => {
    const outcome = await update();
    const failure = outcome.outcome === 'failed' ? outcome.error.message : undefined;
    tracer.annotate({ 'clair.outcome': outcome.outcome }, failure);
    return outcome;
  });
}

/** Whether the source stands in for one that is loaded, perhaps just now. */
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
  // What was checked later than now was checked by another clock, and tells nothing.
  return ageMs >= 0 && ageMs < deps.maxAgeMs;
}

/** Whether the stored content is what this source would make of the bytes at this origin. */
function isComparable(state: FeedState, source: FeedOfSource['source'], { origin }: FeedChoiceDeps): boolean {
  return state.origin === origin && state.sourceVersion === source.version;
}

/** Updates a feed while no other process does; one that waited for another finds the work done. */
export async function updateWithLock(wanted: FeedOfSource, deps: UpdateFeedsDeps): Promise<FeedOutcome> {
  await using lock = await lockFeed({ source: wanted.source.name, feed: wanted.feed }, deps);
  if (lock === undefined) return { ...wanted, outcome: 'busy' };
  const { waitedMs } = lock;
  try {
    const state = stateOf(wanted, await deps.store.advisories.findFeedStates());
    const wasDone =
      waitedMs > 0 && isRecentlyChecked(state, wanted.source, { ...deps, maxAgeMs: waitedMs + pollMs });
    return wasDone ? { ...wanted, outcome: 'current' } : await updateFeed(wanted, state, deps);
  } catch (error) {
    const failure =
      error instanceof ClairError
        ? error
        : new ClairError('feed-corrupt', messageOf(error), { cause: error });
    return await failedOutcome(wanted, failure, deps);
  }
}

/** The outcome of a feed that failed, which is noted in the store. What was not tried has not failed: its last try stays on record. */
export async function failedOutcome(
  wanted: FeedOfSource,
  error: ClairError,
  deps: FeedChoiceDeps,
): Promise<FeedOutcome> {
  if (error.code !== 'feed-not-tried') await noteFailure(wanted, error, deps);
  return { ...wanted, outcome: 'failed', error };
}

/** Writes the failure down for `clair db status`; a store that cannot even do that has failed for a reason told already. */
async function noteFailure(
  wanted: FeedOfSource,
  { message }: ClairError,
  deps: FeedChoiceDeps,
): Promise<void> {
  const at = deps.now().toISOString();
  await deps.store.advisories.recordFailure(identityOf(wanted, deps), at, message).catch(() => undefined);
}

function identityOf({ source, feed }: FeedOfSource, { origin }: FeedChoiceDeps): FeedIdentity {
  return { source: source.name, feed, sourceVersion: source.version, origin };
}

async function updateFeed(
  wanted: FeedOfSource,
  state: FeedState | undefined,
  deps: UpdateFeedsDeps,
): Promise<FeedOutcome> {
  const { source, feed } = wanted;
  const { advisories } = deps.store;
  const reusable = await reusableState(wanted, state, deps);
  deps.onProgress(`${isDirectory(deps.origin) ? 'reading' : 'fetching'} advisories ${source.name} ${feed}`);
  const fetched = await source.fetch(feed, deps.client, reusable?.fingerprint);
  const at = deps.now().toISOString();
  const identity = identityOf(wanted, deps);
  if (fetched === 'absent') {
    // What was loaded once stays: vendors drop releases that nobody supports any more.
    if (state?.presence !== 'loaded')
      await advisories.touch({
        ...identity,
        presence: 'absent',
        fingerprint: '',
        fetchedAt: at,
        checkedAt: at,
      });
    return { ...wanted, outcome: 'absent' };
  }
  if (fetched === 'unchanged') {
    if (reusable === undefined) throw unchangedWithoutContent(wanted);
    await advisories.touch({ ...reusable, presence: 'loaded', checkedAt: at });
    return { ...wanted, outcome: 'unchanged' };
  }
  const update = toUpdate(identity, fetched, { ...deps, fetchedAt: at });
  return { ...wanted, outcome: 'updated', difference: await apply(wanted, fetched, { update, deps }) };
}

/** The state of a feed whose content is in the store and is what the source would make of the same bytes. */
async function reusableState(
  wanted: FeedOfSource,
  state: FeedState | undefined,
  deps: UpdateFeedsDeps,
): Promise<FeedState | undefined> {
  if (state?.presence !== 'loaded' || !isComparable(state, wanted.source, deps)) return undefined;
  const isThere = state.records === 0 || (await deps.store.advisories.hasContent(state));
  return isThere ? state : undefined;
}

/** Nothing is in the store that a feed could be unchanged from: to take that for current would be to know nothing and not say so. */
function unchangedWithoutContent({ source, feed }: FeedOfSource): ClairError {
  return new ClairError(
    'feed-unavailable',
    `${source.name} ${feed} is answered with "unchanged", though none of it is in the database. Check the server or mirror that it comes from`,
  );
}

/** Whether feeds come from a directory of this machine. */
function isDirectory(origin: string): boolean {
  return origin !== 'upstream' && !origin.includes('://');
}

/** When content was fetched, and which doubtful content is taken. */
interface AcceptanceOptions extends Pick<UpdateFeedsDeps, 'acceptShrunk' | 'acceptOlder'> {
  readonly fetchedAt: string;
}

function toUpdate(
  identity: FeedIdentity,
  { fingerprint, lastModified, fileModified, extent }: FetchedFeed,
  { fetchedAt, acceptShrunk, acceptOlder }: AcceptanceOptions,
): FeedUpdate {
  return {
    ...identity,
    fingerprint,
    fetchedAt,
    ...(lastModified !== undefined && { lastModified }),
    ...(fileModified !== undefined && { fileModified }),
    ...(extent !== undefined && { extent }),
    ...(acceptShrunk === true && { acceptShrunk }),
    ...(acceptOlder === true && { acceptOlder }),
  };
}

async function apply(
  { source, feed }: FeedOfSource,
  fetched: FetchedFeed,
  { update, deps: { store, schemes, now } }: { update: FeedUpdate; deps: UpdateFeedsDeps },
): Promise<FeedChangeCounts> {
  const dates = new LatestDates(now());
  const dated = { ...update, dates };
  const onDate: OnFeedDate = (date) => {
    dates.note(date);
  };
  return isAdvisorySource(source)
    ? await store.advisories.apply(dated, keyedRecords(source.parse(feed, fetched, onDate), schemes, fetched))
    : await store.enrichments.apply(dated, source.parse(feed, fetched, onDate));
}

/** An enricher speaks of vulnerabilities, of no package of any namespace. */
/** Whether a source publishes advisories, and not ratings. */
export function isAdvisorySource(source: FeedOfSource['source']): source is AdvisorySource {
  return 'feedsFor' in source;
}

async function* keyedRecords(
  records: AsyncIterable<FeedRecord>,
  schemes: readonly VersionScheme[],
  { url }: FetchedFeed,
): AsyncGenerator<KeyedRecord> {
  for await (const record of records) yield 'affected' in record ? withKeys(record, schemes, url) : record;
}
