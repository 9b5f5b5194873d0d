import type { Namespace } from '../../model/namespace.ts';
import type { KeyedRecord } from '../advisory-store.ts';
import type { SkippedSample } from '../feed-state.ts';
import type { DocumentRecords } from './document-pack.ts';

/** Most skipped records of a document that are remembered. One with more is read with each update. */
const skippedMax = 20;

/** Collects the records of one document while it is read. */
export class DocumentNote {
  #id = 0;
  #modified: number | undefined;
  #isNotable = true;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #skipped: SkippedSample[] = [];

  /** Adds a record. `number` is its number in the store, or its negated number among the staged ones. */
  add(record: KeyedRecord, number: number): void {
    if (record.kind === 'vulnerability') this.#addVulnerability(record, number);
    else if (record.kind === 'skipped') this.#skipped.push({ key: record.key, reason: record.reason });
    else this.#isNotable = false;
  }

  /** Returns the records; undefined for a document that must be read again with each update. */
  finish(): DocumentRecords | undefined {
    if (!this.#isNotable || this.#skipped.length > skippedMax) return undefined;
    const namespaces = [...this.#namespaces.values()];
    return { id: this.#id, modified: this.#modified, namespaces, skipped: this.#skipped };
  }

  #addVulnerability({ modified, affected }: KeyedRecord & { kind: 'vulnerability' }, number: number): void {
    // A pack has one number for each document.
    if (this.#id !== 0) this.#isNotable = false;
    this.#id = number;
    if (modified !== undefined) this.#modified = Date.parse(modified);
    for (const { namespace } of affected) this.#namespaces.set(namespace.name, namespace);
  }
}
