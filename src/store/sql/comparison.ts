import { ClairError } from '../../kit/errors.ts';
import type { Namespace } from '../../model/namespace.ts';
import {
  type FeedUpdate,
  type KeptRecord,
  type KeyedRecord,
  type KeyedVulnerability,
  type SkippedSample,
  skippedSampleMax,
} from '../store.ts';
import type { FeedDates } from './content-date.ts';
import type { KeptPart, RecordsInForce, StoredRecord } from './in-force.ts';
import { hashOf, writeDetails } from './record.ts';
import type { Staging } from './staging.ts';

/** What is compared with a stream of records. */
export interface Compared {
  readonly inForce: RecordsInForce;
  /** Where the differences go. */
  readonly staging: Staging;
  readonly update: FeedUpdate;
  /** Takes the dates of the records. */
  readonly dates: FeedDates;
}

/** Reads the stream to its end and lays down what differs. Throws `feed-corrupt` for a record that cannot be. */
export async function compare(
  records: AsyncIterable<KeyedRecord> | readonly KeyedRecord[],
  compared: Compared,
): Promise<Comparison> {
  const comparison = new Comparison(compared);
  for await (const record of records) {
    if ('keptFor' in record) await comparison.keep(record);
    else if ('affected' in record) await comparison.compare(record);
    else if ('skipped' in record) comparison.skip(record.key, record.skipped);
    else await comparison.withdraw(record.key);
  }
  await comparison.finish();
  return comparison;
}

/** How a stream of records differs from what is stored. */
export class Comparison {
  readonly #staging: Staging;
  readonly #update: FeedUpdate;
  readonly #dates: FeedDates;
  /** What is in force, by key; null once the stream has named a key. */
  readonly #stored: Map<string, StoredRecord | null>;
  readonly #storedCount: number;
  readonly #kept: readonly KeptPart[];
  readonly #keptOfKey: ReadonlyMap<string, readonly KeptPart[]>;
  readonly #skippedKeys = new Set<string>();
  /** Parts that the stream keeps, as `key\nnamespace`. */
  readonly #keptNow = new Set<string>();

  changed = 0;
  removed = 0;
  unchanged = 0;
  /** Stored rows that are no longer in force, kept parts of records among them. */
  closed = 0;
  /** Parts of records that the stream keeps and that were not there. */
  keptAdded = 0;
  skipped = 0;
  /** The first of the records that could not be understood. */
  readonly sample: SkippedSample[] = [];
  /** The namespaces the records speak of, by name. */
  readonly namespaces: Map<string, Namespace> = new Map();
  /** The namespaces for which the stream keeps what was said, by name; it keeps all there is. */
  readonly keptNamespaces: Map<string, Namespace> = new Map();

  constructor({ inForce, staging, update, dates }: Compared) {
    this.#staging = staging;
    this.#update = update;
    this.#dates = dates;
    this.#stored = new Map<string, StoredRecord | null>(inForce.records);
    this.#storedCount = inForce.count;
    this.#kept = inForce.kept;
    this.#keptOfKey = Map.groupBy(inForce.kept, ({ key }) => key);
  }

  get added(): number {
    return this.#staging.count - this.changed - this.keptAdded;
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
    const before = this.#name(key);
    if (modified !== undefined) this.#dates.noteRecord(this.#timeOf(modified, key));
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
  async keep(record: KeptRecord): Promise<void> {
    const { key, keptFor } = record;
    const name = `${key}\n${keptFor.name}`;
    if (this.#keptNow.has(name)) throw this.#corrupt(key, `is kept twice for ${keptFor.name}`);
    this.#keptNow.add(name);
    this.keptNamespaces.set(keptFor.name, keptFor);
    const details = writeDetails(record);
    const hash = hashOf(record, details);
    const before = this.#keptOfKey.get(key)?.find(({ namespace }) => namespace === keptFor.name);
    if (before?.hash === hash) return;
    if (before !== undefined) await this.#close(before);
    this.keptAdded++;
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
    const before = this.#name(key);
    if (before !== undefined) await this.#remove(before);
    for (const part of this.#keptOfKey.get(key) ?? []) await this.#close(part);
  }

  /** What a whole feed has not named is gone, and what was kept of a namespace it speaks of again is superseded. */
  async finish(): Promise<void> {
    if (this.#update.extent !== 'changes') {
      for (const record of this.#stored.values()) if (record !== null) await this.#remove(record);
      for (const part of this.#kept) if (this.#isSuperseded(part)) await this.#close(part);
    }
    await this.#staging.finish();
  }

  #isSuperseded({ key, namespace }: KeptPart): boolean {
    return this.keptNamespaces.has(namespace)
      ? !this.#keptNow.has(`${key}\n${namespace}`)
      : this.namespaces.has(namespace);
  }

  /** A change that speaks of a kept namespace supersedes what was kept of its record. */
  async #closeReturned({ key, affected }: KeyedVulnerability): Promise<void> {
    for (const part of this.#keptOfKey.get(key) ?? [])
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
  #name(key: string): StoredRecord | undefined {
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
