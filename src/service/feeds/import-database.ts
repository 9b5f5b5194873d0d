import { ClairError } from '../../core/errors.ts';
import type { RatingRecord } from '../../plugin/enricher.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { ImportedFeedUpdate, KeyedRecord } from '../../store/advisory-store.ts';
import type { FeedChangeCounts, FeedName, FeedState } from '../../store/feed-state.ts';
import type { Store } from '../../store/store.ts';
import { type ExportFile, readExportLines, verifyExport } from './export-file.ts';
import type { ExportedFeed, ExportLine } from './export-format.ts';
import { type FeedLockDeps, lockFeed } from './feed-lock.ts';
import { withKeys } from './keyed-records.ts';

/** Dependencies of `importDatabase`. */
export interface ImportDatabaseDeps extends FeedLockDeps {
  readonly store: Pick<Store, 'advisories' | 'enrichments' | 'locks'>;
  readonly extensions: Pick<Extensions, 'schemes' | 'sources' | 'enrichers'>;
  /** Digest that the file must have, if the user has given one. */
  readonly digest?: string;
}

/**
 * Outcome of the import of a feed. `newer`: the store has newer content, which stays. `busy`: another process holds its lock. `absent`: the
 * exporting store could not fetch it. `unknown`: no installed source reads it.
 */
export type ImportedFeed = FeedName & ImportOutcome;

/**
 * Imports a file feed by feed, each as a whole. First verifies the whole file against its own digest and `deps.digest`. Throws
 * `feed-corrupt` if a digest differs; the import then changes nothing.
 */
export async function* importDatabase(
  file: ExportFile,
  deps: ImportDatabaseDeps,
): AsyncGenerator<ImportedFeed> {
  deps.onProgress(`verifying ${file.name}`);
  const digest = await verifyExport(file);
  if (deps.digest !== undefined && deps.digest !== digest)
    throw new ClairError(
      'feed-corrupt',
      `${file.name} cannot be imported: it has the digest ${digest}, not ${deps.digest}. Nothing was imported.`,
    );
  const lines = new ExportLineReader(readExportLines(file), file);
  for (let feed = await lines.nextFeed(); feed !== undefined; feed = await lines.nextFeed()) {
    deps.onProgress(`importing ${feed.source} ${feed.feed}`);
    yield { source: feed.source, feed: feed.feed, ...(await importFeed(feed, lines, deps)) };
  }
}

type ImportOutcome =
  | { readonly outcome: 'newer' | 'busy' | 'absent' | 'unknown' }
  | { readonly outcome: 'imported'; readonly difference: FeedChangeCounts };

async function importFeed(
  exported: ExportedFeed,
  lines: ExportLineReader,
  deps: ImportDatabaseDeps,
): Promise<ImportOutcome> {
  const { advisories, enrichments } = deps.store;
  const { schemes, sources, enrichers } = deps.extensions;
  const isNamed = ({ name }: { readonly name: string }): boolean => name === exported.source;
  const isRating = enrichers.some(isNamed);
  if (!isRating && !sources.some(isNamed)) return { outcome: 'unknown' };
  await using lock = await lockFeed(exported, deps);
  if (lock === undefined) return { outcome: 'busy' };
  const states = await advisories.findFeedStates();
  const here = states.find(({ source, feed }) => source === exported.source && feed === exported.feed);
  if (here?.presence === 'loaded' && isNewer(here, exported)) return { outcome: 'newer' };
  if (exported.presence === 'absent') {
    if (here?.presence !== 'loaded') await advisories.touch({ ...exported, presence: 'absent' }, lock.lease);
    return { outcome: 'absent' };
  }
  const update = { ...toUpdate(exported), lease: lock.lease };
  const difference = isRating
    ? await enrichments.apply(update, lines.ratings())
    : await advisories.apply(update, lines.records(schemes));
  return { outcome: 'imported', difference };
}

/**
 * Whether the stored content is newer than the exported one. Compares the newest advisories first: a recent check may have been of an old
 * mirror. Without them compares content dates, and last the times of the checks.
 */
function isNewer(here: FeedState, exported: ExportedFeed): boolean {
  const [ours, theirs] = [here.newestAdvisory, exported.newestAdvisory];
  if (exported.presence === 'loaded' && ours !== null && theirs !== null && ours !== theirs)
    return ours > theirs;
  const ourDate = here.contentEvidence === 'file' ? null : here.contentDate;
  const theirDate = exported.contentEvidence === here.contentEvidence ? (exported.contentDate ?? null) : null;
  if (exported.presence === 'loaded' && ourDate !== null && theirDate !== null && ourDate !== theirDate)
    return ourDate > theirDate;
  return here.checkedAt > exported.checkedAt;
}

function toUpdate(exported: ExportedFeed): ImportedFeedUpdate {
  const { checkedAt, newestAdvisory, contentDate, contentEvidence, skipped, presence, ...feed } = exported;
  const dated = { contentDate: contentDate ?? null, contentEvidence: contentEvidence ?? null };
  return { kind: 'import', ...feed, state: { checkedAt, newestAdvisory, ...dated, skipped } };
}

/** Reads the lines of a file feed by feed. */
class ExportLineReader {
  readonly #lines: AsyncIterator<ExportLine>;
  readonly #file: ExportFile;
  /** The feed line that ended the previous feed. */
  #next: ExportedFeed | undefined;

  constructor(lines: AsyncGenerator<ExportLine>, file: ExportFile) {
    this.#lines = lines;
    this.#file = file;
  }

  /** Returns the next feed. Skips unread lines of the current one. */
  async nextFeed(): Promise<ExportedFeed | undefined> {
    while (this.#next === undefined && (await this.#line()) !== undefined);
    const feed = this.#next;
    this.#next = undefined;
    return feed;
  }

  /** Yields the remaining ratings of the current feed. */
  async *ratings(): AsyncGenerator<RatingRecord> {
    for (let line = await this.#line(); line !== undefined; line = await this.#line()) {
      if (!('rating' in line)) throw this.#misplaced('an advisory among ratings');
      yield { kind: 'enrichment', ...line.rating };
    }
  }

  /** Yields the remaining records of the current feed. */
  async *records(schemes: readonly VersionScheme[]): AsyncGenerator<KeyedRecord> {
    const { name } = this.#file;
    for (let line = await this.#line(); line !== undefined; line = await this.#line()) {
      if ('record' in line) yield withKeys({ kind: 'vulnerability', ...line.record }, schemes, name);
      else if ('kept' in line)
        yield withKeys({ kind: 'retained', ...line.kept, retainedFor: line.for }, schemes, name);
      else throw this.#misplaced('a rating among advisories');
    }
  }

  /** Returns the next line of the current feed. Undefined at the next feed or the end of the file. */
  async #line(): Promise<Exclude<ExportLine, { feed: ExportedFeed }> | undefined> {
    const step = await this.#lines.next();
    if (step.done === true) return undefined;
    if (!('feed' in step.value)) return step.value;
    this.#next = step.value.feed;
    return undefined;
  }

  #misplaced(what: string): ClairError {
    return new ClairError('feed-corrupt', `${this.#file.name} cannot be imported: it has ${what}`);
  }
}
