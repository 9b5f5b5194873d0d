import { ClairError } from '../../kit/errors.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type {
  FeedDifference,
  FeedName,
  FeedState,
  FeedUpdate,
  KeyedRecord,
  Store,
} from '../../store/store.ts';
import type { CarriedFeed, CarriedLine } from './carried-lines.ts';
import { type DatabaseFile, linesIn, verify } from './database-file.ts';
import { type LockingRoom, lockFeed } from './feed-lock.ts';
import { withKeys } from './keyed-records.ts';

/** What taking over a carried database needs. */
export interface ImportingRoom extends LockingRoom {
  readonly store: Pick<Store, 'advisories' | 'enrichments' | 'locks'>;
  readonly extensions: Pick<Extensions, 'schemes' | 'sources' | 'enrichers'>;
  /** The digest the file must have, where it was told by another way than the file. */
  readonly digest?: string;
}

/**
 * What became of a carried feed. `newer`: what is here is newer than what is carried, and stays. `absent`: it was not
 * to be had where the file was written. `unknown`: no source here would make use of it.
 */
export type ImportedFeed = FeedName & Outcome;

/**
 * Takes over what a file carries, feed by feed, each as a whole. Nothing is done before the whole file was read and has the digest
 * that it, and whoever imports it, says it has; otherwise that throws `feed-corrupt`.
 */
export async function* importDatabase(file: DatabaseFile, room: ImportingRoom): AsyncGenerator<ImportedFeed> {
  room.onProgress(`verifying ${file.name}`);
  const digest = await verify(file);
  if (room.digest !== undefined && room.digest !== digest)
    throw new ClairError(
      'feed-corrupt',
      `${file.name} cannot be imported: it has the digest ${digest}, not ${room.digest}. Nothing of it was taken.`,
    );
  const lines = new Lines(linesIn(file), file);
  for (let feed = await lines.nextFeed(); feed !== undefined; feed = await lines.nextFeed()) {
    room.onProgress(`importing ${feed.source} ${feed.feed}`);
    yield { source: feed.source, feed: feed.feed, ...(await importFeed(feed, lines, room)) };
  }
}

type Outcome =
  | { readonly outcome: 'newer' | 'busy' | 'absent' | 'unknown' }
  | { readonly outcome: 'imported'; readonly difference: FeedDifference };

async function importFeed(carried: CarriedFeed, lines: Lines, room: ImportingRoom): Promise<Outcome> {
  const { advisories, enrichments } = room.store;
  const { schemes, sources, enrichers } = room.extensions;
  const isNamed = ({ name }: { readonly name: string }): boolean => name === carried.source;
  const isRating = enrichers.some(isNamed);
  if (!isRating && !sources.some(isNamed)) return { outcome: 'unknown' };
  await using lock = await lockFeed(carried, room);
  if (lock === undefined) return { outcome: 'busy' };
  const states = await advisories.feedStates();
  const here = states.find(({ source, feed }) => source === carried.source && feed === carried.feed);
  if (here?.presence === 'loaded' && isNewer(here, carried)) return { outcome: 'newer' };
  if (carried.presence === 'absent') {
    if (here?.presence !== 'loaded') await advisories.touch({ ...carried, presence: 'absent' });
    return { outcome: 'absent' };
  }
  const update = toUpdate(carried);
  const difference = isRating
    ? await enrichments.apply(update, lines.ratings())
    : await advisories.apply(update, lines.records(schemes));
  return { outcome: 'imported', difference };
}

/**
 * Whether what is here is newer than what is carried: the content counts, by its newest advisory, and not who asked last, for an old
 * mirror may have been asked today. Only where that tells nothing, it is when the content was last found to be current.
 */
function isNewer(here: FeedState, carried: CarriedFeed): boolean {
  const [ours, theirs] = [here.newestAdvisory, carried.newestAdvisory];
  if (carried.presence === 'loaded' && ours !== null && theirs !== null && ours !== theirs)
    return ours > theirs;
  const ourDate = here.contentEvidence === 'file' ? null : here.contentDate;
  const theirDate = carried.contentEvidence === here.contentEvidence ? (carried.contentDate ?? null) : null;
  if (carried.presence === 'loaded' && ourDate !== null && theirDate !== null && ourDate !== theirDate)
    return ourDate > theirDate;
  return here.checkedAt > carried.checkedAt;
}

/** What another store holds has been accepted there: it is taken for what it is. */
function toUpdate(carried: CarriedFeed): FeedUpdate {
  const { checkedAt, newestAdvisory, contentDate, contentEvidence, skipped, presence, ...feed } = carried;
  const dated = { contentDate: contentDate ?? null, contentEvidence: contentEvidence ?? null };
  const found = { checkedAt, newestAdvisory, ...dated, skipped };
  return { ...feed, acceptShrunk: true, acceptOlder: true, found };
}

/** The lines of a file, feed by feed. */
class Lines {
  readonly #lines: AsyncIterator<CarriedLine>;
  readonly #file: DatabaseFile;
  /** The line that ended the feed before. */
  #next: CarriedFeed | undefined;

  constructor(lines: AsyncGenerator<CarriedLine>, file: DatabaseFile) {
    this.#lines = lines;
    this.#file = file;
  }

  /** The next feed, after whatever is left of the one before. */
  async nextFeed(): Promise<CarriedFeed | undefined> {
    while (this.#next === undefined && (await this.#line()) !== undefined);
    const feed = this.#next;
    this.#next = undefined;
    return feed;
  }

  /** What follows of a feed of ratings. */
  async *ratings(): AsyncGenerator<Enrichment> {
    for (let line = await this.#line(); line !== undefined; line = await this.#line()) {
      if (!('rating' in line)) throw this.#misplaced('an advisory among ratings');
      yield line.rating;
    }
  }

  /** What follows of a feed of advisories. */
  async *records(schemes: readonly VersionScheme[]): AsyncGenerator<KeyedRecord> {
    const { name } = this.#file;
    for (let line = await this.#line(); line !== undefined; line = await this.#line()) {
      if ('record' in line) yield withKeys(line.record, schemes, name);
      else if ('kept' in line) yield withKeys({ ...line.kept, keptFor: line.for }, schemes, name);
      else throw this.#misplaced('a rating among advisories');
    }
  }

  /** The next line of the feed at hand; none when another feed begins, or the file ends. */
  async #line(): Promise<Exclude<CarriedLine, { feed: CarriedFeed }> | undefined> {
    const step = await this.#lines.next();
    if (step.done === true) return undefined;
    if (!('feed' in step.value)) return step.value;
    this.#next = step.value.feed;
    return undefined;
  }

  #misplaced(what: string): ClairError {
    return new ClairError('feed-corrupt', `${this.#file.name} cannot be imported: it holds ${what}`);
  }
}
