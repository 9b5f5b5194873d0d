import { ClairError } from '../../core/errors.ts';
import type { Namespace } from '../../model/namespace.ts';
import {
  type FeedUpdate,
  type KeyedRecord,
  type KeyedVulnerability,
  type RetainedRecord,
  type SkippedSample,
  skippedSampleMax,
} from '../store.ts';
import type { FeedDates } from './content-date.ts';
import type { CurrentRecords, RetainedPart, StoredRecord } from './current-records.ts';
import { hashOf, writeDetails } from './record.ts';
import type { Staging } from './staging.ts';

/** What is compared with a stream of records. */
export interface FeedDiffInput {
  readonly current: CurrentRecords;
  /** Where the differences go. */
  readonly staging: Staging;
  readonly update: FeedUpdate;
  /** Takes the dates of the records. */
  readonly dates: FeedDates;
}

/** Reads the stream to its end and lays down what differs. Throws `feed-corrupt` for a record that cannot be. */
export async function diffFeed(
  records: AsyncIterable<KeyedRecord> | readonly KeyedRecord[],
  input: FeedDiffInput,
): Promise<FeedDiff> {
  const diff = new FeedDiff(input);
  for await (const record of records) {
    if ('retainedFor' in record) await diff.retain(record);
    else if ('affected' in record) await diff.compare(record);
    else if ('skipped' in record) diff.skip(record.key, record.skipped);
    else await diff.withdraw(record.key);
  }
  await diff.finish();
  return diff;
}

/** How a stream of records differs from what is stored. */
export class FeedDiff {
  readonly #staging: Staging;
  readonly #update: FeedUpdate;
  readonly #dates: FeedDates;
  /** What is in force, by key; null once the stream has named a key. */
  readonly #stored: Map<string, StoredRecord | null>;
  readonly #storedCount: number;
  readonly #retained: readonly RetainedPart[];
  readonly #retainedByKey: ReadonlyMap<string, readonly RetainedPart[]>;
  readonly #skippedKeys = new Set<string>();
  /** Parts that the stream keeps, as `key\nnamespace`. */
  readonly #retainedInStream = new Set<string>();

  changed = 0;
  removed = 0;
  unchanged = 0;
  /** Stored rows that are no longer in force, kept parts of records among them. */
  closed = 0;
  /** Parts of records that the stream keeps and that were not there. */
  retainedAdded = 0;
  skipped = 0;
  /** The first of the records that could not be understood. */
  readonly sample: SkippedSample[] = [];
  /** The namespaces the records speak of, by name. */
  readonly namespaces: Map<string, Namespace> = new Map();
  /** The namespaces for which the stream keeps what was said, by name; it keeps all there is. */
  readonly retainedNamespaces: Map<string, Namespace> = new Map();

  constructor({ current, staging, update, dates }: FeedDiffInput) {
    this.#staging = staging;
    this.#update = update;
    this.#dates = dates;
    this.#stored = new Map<string, StoredRecord | null>(current.records);
    this.#storedCount = current.count;
    this.#retained = current.retained;
    this.#retainedByKey = Map.groupBy(current.retained, ({ key }) => key);
  }

  get added(): number {
    return this.#staging.count - this.changed - this.retainedAdded;
  }

  /** Records in force afterwards, without the kept parts of others. */
  get records(): number {
    return this.#storedCount + this.added - this.removed;
  }

  /** Whether the stream has said something of a key that could be understood. */
  isNamed(key: string): boolean {
    return this.#stored.get(key) === null;
  }

  async compare(record: KeyedVulnerability): Promise<void> {
    const { key, modified } = record;
    const before = this.#takeKey(key);
    if (modified !== undefined) this.#dates.addRecordDate(this.#timeOf(modified, key));
    for (const { namespace } of record.affected) this.namespaces.set(namespace.name, namespace);
    const details = writeDetails(record);
    const hash = hashOf(record, details);
    if (before?.hash === hash) {
      this.unchanged++;
      return;
    }
    if (before !== undefined) {
      this.changed++;
      await this.#close(before);
    }
    await this.#staging.add(record, hash, details);
    if (this.#update.extent === 'changes') await this.#closeReturned(record);
  }

  /** What another store has kept: it replaces what is kept here under the same key for the same namespace. */
  async retain(record: RetainedRecord): Promise<void> {
    const { key, retainedFor } = record;
    const name = `${key}\n${retainedFor.name}`;
    if (this.#retainedInStream.has(name)) throw this.#corrupt(key, `is kept twice for ${retainedFor.name}`);
    this.#retainedInStream.add(name);
    this.retainedNamespaces.set(retainedFor.name, retainedFor);
    const details = writeDetails(record);
    const hash = hashOf(record, details);
    const before = this.#retainedByKey.get(key)?.find(({ namespace }) => namespace === retainedFor.name);
    if (before?.hash === hash) return;
    if (before !== undefined) await this.#close(before);
    this.retainedAdded++;
    await this.#staging.add(record, hash, details);
  }

  /** A record that cannot be understood says nothing: what it said before stays in force. */
  skip(key: string, reason: string): void {
    if (this.isNamed(key)) throw this.#corrupt(key, 'comes twice');
    this.#skippedKeys.add(key);
    this.#stored.delete(key);
    this.skipped++;
    if (this.sample.length < skippedSampleMax) this.sample.push({ key, reason });
  }

  /** Only a feed of changes has to say that a record is gone; from any other it vanishes. */
  async withdraw(key: string): Promise<void> {
    if (this.#update.extent !== 'changes') return;
    const before = this.#takeKey(key);
    if (before !== undefined) await this.#remove(before);
    for (const part of this.#retainedByKey.get(key) ?? []) await this.#close(part);
  }

  /** What a whole feed has not named is gone, and what was kept of a namespace it speaks of again is superseded. */
  async finish(): Promise<void> {
    if (this.#update.extent !== 'changes') {
      for (const record of this.#stored.values()) if (record !== null) await this.#remove(record);
      for (const part of this.#retained) if (this.#isSuperseded(part)) await this.#close(part);
    }
    await this.#staging.finish();
  }

  #isSuperseded({ key, namespace }: RetainedPart): boolean {
    return this.retainedNamespaces.has(namespace)
      ? !this.#retainedInStream.has(`${key}\n${namespace}`)
      : this.namespaces.has(namespace);
  }

  /** A change that speaks of a kept namespace supersedes what was kept of its record. */
  async #closeReturned({ key, affected }: KeyedVulnerability): Promise<void> {
    for (const part of this.#retainedByKey.get(key) ?? [])
      if (affected.some(({ namespace }) => namespace.name === part.namespace)) await this.#close(part);
  }

  async #remove(record: StoredRecord): Promise<void> {
    this.removed++;
    await this.#close(record);
  }

  async #close({ id }: { readonly id: number }): Promise<void> {
    this.closed++;
    await this.#staging.close(id);
  }

  /** Notes that the stream names a key, and answers what was in force under it. */
  #takeKey(key: string): StoredRecord | undefined {
    const before = this.#stored.get(key);
    if (before === null || this.#skippedKeys.has(key)) throw this.#corrupt(key, 'comes twice');
    this.#stored.set(key, null);
    return before;
  }

  #timeOf(modified: string, key: string): number {
    const time = Date.parse(modified);
    if (Number.isNaN(time)) throw this.#corrupt(key, `was modified at ${modified}, which is no time`);
    return time;
  }

  #corrupt(key: string, what: string): ClairError {
    const { source, feed } = this.#update;
    return new ClairError(
      'feed-corrupt',
      `${source} ${feed}: the record ${key} ${what}; the old content stays`,
    );
  }
}
