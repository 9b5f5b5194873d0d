import { ClairError } from '../../core/errors.ts';
import type { Namespace } from '../../model/namespace.ts';
import type { SkippedRecord } from '../../plugin/advisory-source.ts';
import type {
  AdvisoryStore,
  FeedUpdate,
  KeyedDocument,
  KeyedRecord,
  KeyedVulnerability,
  RetainedRecord,
} from '../advisory-store.ts';
import { type SkippedSample, skippedSampleMax } from '../feed-state.ts';
import type { FeedDates } from './content-date.ts';
import type { CurrentRecords, RetainedPart, StoredRecord } from './current-records.ts';
import { DocumentNote } from './document-diff.ts';
import { type DocumentPack, DocumentPackBuilder, type DocumentRecords } from './document-pack.ts';
import { isWhole } from './feed-update.ts';
import { hashOf, writeDetails } from './record.ts';
import type { Staging } from './staging.ts';

/** Inputs of `diffFeed` besides the stream of records. */
export interface FeedDiffInput {
  readonly current: CurrentRecords;
  /** Receives the differences. */
  readonly staging: Staging;
  readonly update: FeedUpdate;
  /** Receives the dates of the records. */
  readonly dates: FeedDates;
  /** Documents that the last update read. */
  readonly known?: DocumentPack | undefined;
}

/** Reads the stream to its end and stages the differences. Throws `feed-corrupt` for an invalid record. */
export async function diffFeed(
  stream: Parameters<AdvisoryStore['apply']>[1] | readonly KeyedRecord[],
  input: FeedDiffInput,
): Promise<FeedDiff> {
  const diff = new FeedDiff(input);
  const isKnown = ({ digest }: Pick<KeyedDocument, 'digest'>) => diff.findKnown(digest) !== undefined;
  const records = typeof stream === 'function' ? stream(isKnown) : stream;
  for await (const record of records) {
    if (record.kind === 'document') await diff.compareDocument(record);
    else await diff.take(record);
  }
  await diff.finish();
  return diff;
}

/** Differences of a stream of records from the stored records. */
export class FeedDiff {
  readonly #staging: Staging;
  readonly #update: FeedUpdate;
  readonly #isWhole: boolean;
  readonly #dates: FeedDates;
  /** Current records by key; null once the stream has named a key. */
  readonly #stored: Map<string, StoredRecord | null>;
  readonly #storedCount: number;
  readonly #retained: readonly RetainedPart[];
  readonly #retainedByKey: ReadonlyMap<string, readonly RetainedPart[]>;
  readonly #skippedKeys = new Set<string>();
  /** Parts that the stream retains, as `key\nnamespace`. */
  readonly #retainedInStream = new Set<string>();

  changed = 0;
  removed = 0;
  unchanged = 0;
  /** Stored rows that are no longer current, including retained parts of records. */
  closed = 0;
  /** Retained parts of records in the stream that the store did not have. */
  retainedAdded = 0;
  skipped = 0;
  /** The first records that could not be parsed. */
  readonly sample: SkippedSample[] = [];
  /** The documents of the stream, except those that must be read with each update. */
  readonly documents: DocumentPackBuilder = new DocumentPackBuilder();
  /** The namespaces that the records cover, by name. */
  readonly namespaces: Map<string, Namespace> = new Map();
  /** The namespaces for which the stream has retained records, by name. The stream has all of them. */
  readonly retainedNamespaces: Map<string, Namespace> = new Map();

  readonly #known: DocumentPack | undefined;
  /** Keys of the current records by number, if documents are known. */
  readonly #keys: ReadonlyMap<number, string>;

  constructor({ current, staging, update, dates, known }: FeedDiffInput) {
    this.#known = known;
    this.#keys = known === undefined ? new Map() : keysByNumber(current);
    this.#staging = staging;
    this.#update = update;
    this.#isWhole = isWhole(update);
    this.#dates = dates;
    this.#stored = new Map<string, StoredRecord | null>(current.records);
    this.#storedCount = current.count;
    this.#retained = current.retained;
    this.#retainedByKey = Map.groupBy(current.retained, ({ key }) => key);
  }

  get added(): number {
    return this.#staging.count - this.changed - this.retainedAdded;
  }

  /** Number of current records afterwards, without retained parts. */
  get records(): number {
    return this.#storedCount + this.added - this.removed;
  }

  /** Returns whether the stream has a valid record or a withdrawal of a key. */
  isNamed(key: string): boolean {
    return this.#stored.get(key) === null;
  }

  /** Compares the records of a document. Does not read it if they are the current ones. */
  async compareDocument({ digest, read }: KeyedDocument): Promise<void> {
    const known = this.findKnown(digest);
    if (known !== undefined) {
      this.#keep(known);
      this.documents.add(digest, known);
      return;
    }
    const note = new DocumentNote();
    for (const record of read()) note.add(record, await this.take(record));
    const records = note.finish();
    if (records !== undefined) this.documents.add(digest, records);
  }

  /** Compares a record. Returns the number of a vulnerability in the store, or its negated number among the staged ones; else 0. */
  async take(record: KeyedRecord): Promise<number> {
    if (record.kind === 'vulnerability') return await this.#compare(record);
    if (record.kind === 'retained') await this.#retain(record);
    else if (record.kind === 'skipped') this.#skip(record);
    else await this.#withdraw(record.key);
    return 0;
  }

  /** Returns what a document gave, if its vulnerability is still a current record. A document without one needs none. */
  findKnown(digest: Uint8Array): DocumentRecords | undefined {
    const known = this.#known?.find(digest);
    return known !== undefined && (known.id === 0 || this.#keys.has(known.id)) ? known : undefined;
  }

  /** Takes the records of a document as they are stored. */
  #keep({ id, modified, namespaces, skipped }: DocumentRecords): void {
    for (const { key, reason } of skipped) this.#skip({ kind: 'skipped', key, reason });
    const key = this.#keys.get(id);
    if (key === undefined) return;
    this.#takeKey(key);
    if (modified !== undefined) this.#dates.addRecordDate(modified);
    for (const namespace of namespaces) this.namespaces.set(namespace.name, namespace);
    this.unchanged++;
  }

  async #compare(record: KeyedVulnerability): Promise<number> {
    const { key, modified } = record;
    const before = this.#takeKey(key);
    if (modified !== undefined) this.#dates.addRecordDate(this.#timeOf(modified, key));
    for (const { namespace } of record.affected) this.namespaces.set(namespace.name, namespace);
    const details = writeDetails(record);
    const hash = hashOf(record, details);
    if (before?.hash === hash) {
      this.unchanged++;
      return before.id;
    }
    if (before !== undefined) {
      this.changed++;
      await this.#close(before);
    }
    await this.#staging.add(record, hash, details);
    if (!this.#isWhole) await this.#closeReturned(record);
    return -this.#staging.count;
  }

  /** Adds a record that another store has retained. It replaces the one that this store retains under the same key and namespace. */
  async #retain(record: RetainedRecord): Promise<void> {
    const { key, retainedFor } = record;
    const name = `${key}\n${retainedFor.name}`;
    if (this.#retainedInStream.has(name))
      throw this.#corrupt(key, `is retained twice for ${retainedFor.name}`);
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

  /** Skips a record that could not be parsed. Its earlier form stays current. */
  #skip({ key, reason }: SkippedRecord): void {
    if (this.isNamed(key)) throw this.#corrupt(key, 'occurs twice');
    this.#skippedKeys.add(key);
    this.#stored.delete(key);
    this.skipped++;
    if (this.sample.length < skippedSampleMax) this.sample.push({ key, reason });
  }

  /** Closes a record. Only an update of changes states withdrawals; in any other, a withdrawn record is missing. */
  async #withdraw(key: string): Promise<void> {
    if (this.#isWhole) return;
    const before = this.#takeKey(key);
    if (before !== undefined) await this.#remove(before);
    for (const part of this.#retainedByKey.get(key) ?? []) await this.#close(part);
  }

  /** Closes records that a whole feed no longer has, and retained parts of namespaces that it covers again. */
  async finish(): Promise<void> {
    if (this.#isWhole) {
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

  /** Closes the retained parts of a record whose namespaces the change covers. */
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

  /** Marks a key as named by the stream; returns its current record. */
  #takeKey(key: string): StoredRecord | undefined {
    const before = this.#stored.get(key);
    if (before === null || this.#skippedKeys.has(key)) throw this.#corrupt(key, 'occurs twice');
    this.#stored.set(key, null);
    return before;
  }

  #timeOf(modified: string, key: string): number {
    const time = Date.parse(modified);
    if (Number.isNaN(time)) throw this.#corrupt(key, `has the invalid modification time ${modified}`);
    return time;
  }

  #corrupt(key: string, what: string): ClairError {
    const { source, feed } = this.#update;
    return new ClairError(
      'feed-corrupt',
      `${source} ${feed}: the record ${key} ${what}; the current content stays`,
    );
  }
}

function keysByNumber({ records }: CurrentRecords): Map<number, string> {
  const keys = new Map<number, string>();
  for (const [key, { id }] of records) keys.set(id, key);
  return keys;
}
