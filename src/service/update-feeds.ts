import { ClairError, messageOf } from '../kit/errors.ts';
import { keyRange } from '../match/key-range.ts';
import type { Affected } from '../model/vulnerability.ts';
import type { AdvisorySource, FeedClient, FeedRecord, Fetched } from '../plugin/advisory-source.ts';
import type { KeyRange, VersionScheme } from '../plugin/version-scheme.ts';
import type { FeedDifference, FeedState, KeyedAffected, KeyedRecord, Store } from '../store/store.ts';

/** A feed of a source. */
export interface FeedOfSource {
  readonly source: AdvisorySource;
  readonly feed: string;
}

/** What became of one feed. `current`: young enough not to be asked for. */
export type FeedOutcome = FeedOfSource &
  (
    | { readonly outcome: 'current' | 'unchanged' | 'absent' | 'busy' }
    | { readonly outcome: 'updated'; readonly difference: FeedDifference }
    | { readonly outcome: 'failed'; readonly error: ClairError }
  );

/** What updating needs. */
export interface UpdatingRoom {
  readonly store: Pick<Store, 'advisories' | 'locks'>;
  readonly schemes: readonly VersionScheme[];
  readonly client: FeedClient;
  /** Where the client fetches from: feeds that came from elsewhere are fetched anew. */
  readonly origin: string;
  readonly now: () => Date;
  /** Feeds checked less than so long ago are left alone; 0 asks for all. */
  readonly youngerThanMs: number;
  /** Names this process among those that share the store. */
  readonly owner: string;
  /** How long to wait for another process that is fetching the same feed. */
  readonly patienceMs: number;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly onProgress: (text: string) => void;
}

/** A range of keys that holds none. */
const nowhere: KeyRange = { lo: Uint8Array.of(0xff), hi: new Uint8Array() };

/** A lock is short, so that a killed process stops nobody for long, and renewed while its owner works. */
const lockMs = 10_000;
const renewMs = 3000;
const pollMs = 200;

/** Brings feeds up to date, each on its own: one that fails costs nothing to the others, and its old content stays. */
export async function updateFeeds(
  feeds: readonly FeedOfSource[],
  room: UpdatingRoom,
): Promise<FeedOutcome[]> {
  const states = await room.store.advisories.feedStates();
  const outcomes: FeedOutcome[] = [];
  for (const wanted of feeds) {
    const isCurrent = isYoung(stateOf(wanted, states), wanted.source, room);
    outcomes.push(isCurrent ? { ...wanted, outcome: 'current' } : await updateAlone(wanted, room));
  }
  return outcomes;
}

function stateOf({ source, feed }: FeedOfSource, states: readonly FeedState[]): FeedState | undefined {
  return states.find((state) => state.source === source.name && state.feed === feed);
}

function isYoung(state: FeedState | undefined, source: AdvisorySource, room: UpdatingRoom): boolean {
  if (state === undefined || !isComparable(state, source, room)) return false;
  return room.now().getTime() - Date.parse(state.checkedAt) < room.youngerThanMs;
}

/** Whether the stored content is what this source would make of the bytes at this origin. */
function isComparable(state: FeedState, source: AdvisorySource, { origin }: UpdatingRoom): boolean {
  return state.origin === origin && state.sourceVersion === source.version;
}

/** Updates a feed while no other process does; one that waited for another finds the work done. */
async function updateAlone(wanted: FeedOfSource, room: UpdatingRoom): Promise<FeedOutcome> {
  const lock = `update ${wanted.source.name}/${wanted.feed}`;
  const waitedMs = await takeLock(lock, room);
  if (waitedMs === undefined) return { ...wanted, outcome: 'busy' };
  const renewal = setInterval(() => {
    // A renewal that fails is tried again by the next; the lock outlives two of them.
    room.store.locks.acquire(lock, room.owner, lockMs).catch(() => undefined);
  }, renewMs);
  try {
    const state = stateOf(wanted, await room.store.advisories.feedStates());
    const wasDone =
      waitedMs > 0 && isYoung(state, wanted.source, { ...room, youngerThanMs: waitedMs + pollMs });
    return wasDone ? { ...wanted, outcome: 'current' } : await updateFeed(wanted, state, room);
  } catch (error) {
    const known =
      error instanceof ClairError
        ? error
        : new ClairError('feed-corrupt', messageOf(error), { cause: error });
    return { ...wanted, outcome: 'failed', error: known };
  } finally {
    clearInterval(renewal);
    await room.store.locks.release(lock, room.owner);
  }
}

/** Takes the lock and answers how long that took; undefined when patience ended first. */
async function takeLock(lock: string, room: UpdatingRoom): Promise<number | undefined> {
  const start = room.now().getTime();
  for (;;) {
    const isTaken = await room.store.locks.acquire(lock, room.owner, lockMs);
    const waitedMs = room.now().getTime() - start;
    if (isTaken) return waitedMs;
    if (waitedMs >= room.patienceMs) return undefined;
    room.onProgress(`waiting for another process that is fetching ${lock.slice('update '.length)}`);
    await room.sleep(pollMs);
  }
}

async function updateFeed(
  wanted: FeedOfSource,
  state: FeedState | undefined,
  room: UpdatingRoom,
): Promise<FeedOutcome> {
  const { source, feed } = wanted;
  const known = state?.presence === 'loaded' && isComparable(state, source, room) ? state : undefined;
  room.onProgress(`fetching advisories ${source.name} ${feed}`);
  const fetched = await source.fetch(feed, room.client, known?.fingerprint);
  const at = room.now().toISOString();
  const common = { source: source.name, feed, sourceVersion: source.version, origin: room.origin };
  if (fetched === 'absent') {
    // What was loaded once stays: vendors drop releases that nobody supports any more.
    if (state?.presence !== 'loaded') {
      await room.store.advisories.touch({
        ...common,
        presence: 'absent',
        fingerprint: '',
        fetchedAt: at,
        checkedAt: at,
      });
    }
    return { ...wanted, outcome: 'absent' };
  }
  if (fetched === 'unchanged') {
    if (known !== undefined) await room.store.advisories.touch({ ...known, checkedAt: at });
    return { ...wanted, outcome: 'unchanged' };
  }
  const update = { ...common, fingerprint: fetched.fingerprint, fetchedAt: at };
  const difference = await room.store.advisories.apply(
    fetched.lastModified === undefined ? update : { ...update, lastModified: fetched.lastModified },
    withKeys(source.parse(feed, fetched), room.schemes, fetched),
  );
  return { ...wanted, outcome: 'updated', difference };
}

async function* withKeys(
  records: AsyncIterable<FeedRecord>,
  schemes: readonly VersionScheme[],
  { url }: Fetched,
): AsyncGenerator<KeyedRecord> {
  for await (const record of records) {
    yield 'affected' in record
      ? { ...record, affected: record.affected.map((row) => withKey(row, schemes, url)) }
      : record;
  }
}

function withKey(row: Affected, schemes: readonly VersionScheme[], url: string): KeyedAffected {
  const scheme = schemes.find(({ name }) => name === row.namespace.versionScheme);
  if (scheme === undefined) {
    throw new ClairError(
      'feed-corrupt',
      `${url} speaks of ${row.namespace.name}, whose version scheme ${row.namespace.versionScheme} is not known`,
    );
  }
  const keys = keyRange(scheme, row.range);
  if ('lo' in keys) return { ...row, keys };
  // An empty range holds no version; one without keys is compared in code when it is met.
  return 'empty' in keys ? { ...row, keys: nowhere } : row;
}
