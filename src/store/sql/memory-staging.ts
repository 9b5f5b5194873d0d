import type { ExpressionBuilder, ExpressionWrapper, Kysely, SqlBool } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import type { KeyedVulnerability, RetainedRecord } from '../advisory-store.ts';
import { BulkWriter } from './bulk-writer.ts';
import type { EngineConnection } from './engine.ts';
import type { Namespaces } from './namespaces.ts';
import type { Tables } from './schema.ts';
import type { StagedInsertion, Staging } from './staging.ts';
import { affectedColumns, affectedValues } from './staging-tables.ts';

const recordColumns = [
  'id',
  'feed_id',
  'valid_from',
  'key',
  'kept_for',
  'hash',
  'name',
  'severity',
  'details',
] as const;

interface StagedRecord {
  readonly record: KeyedVulnerability;
  readonly hash: string;
  readonly details: string;
  readonly retainedFor: number;
  /** Numbers of the namespaces, by position in `affected`. */
  readonly namespaces: readonly number[];
}

/**
 * Stages the differences of a few records in memory. A write by a user is one record. On PostgreSQL, creating and dropping the
 * temporary tables of a feed takes ten times as long as such a write.
 */
export class MemoryStaging implements Staging {
  readonly #connection: EngineConnection;
  readonly #namespaces: Namespaces;
  readonly #records: StagedRecord[] = [];
  readonly #closed: number[] = [];

  constructor(connection: EngineConnection, namespaces: Namespaces) {
    this.#connection = connection;
    this.#namespaces = namespaces;
  }

  get count(): number {
    return this.#records.length;
  }

  async add(record: KeyedVulnerability | RetainedRecord, hash: string, details: string): Promise<void> {
    const retainedFor = 'retainedFor' in record ? await this.numberOf(record.retainedFor) : 0;
    const namespaces: number[] = [];
    for (const { namespace } of record.affected) namespaces.push(await this.numberOf(namespace));
    this.#records.push({ record, hash, details, retainedFor, namespaces });
  }

  async close(id: number): Promise<void> {
    this.#closed.push(id);
  }

  async numberOf(namespace: Namespace): Promise<number> {
    return await this.#namespaces.findOrCreateNumber(this.#connection, namespace);
  }

  async finish(): Promise<void> {}

  async createNamespaces(): Promise<ReadonlyMap<number, number>> {
    return new Map();
  }

  isClosed(
    eb: ExpressionBuilder<Tables, 'vulnerability'>,
  ): ExpressionWrapper<Tables, 'vulnerability', SqlBool> {
    return eb('vulnerability.id', 'in', this.#closed);
  }

  async insert(db: Kysely<Tables>, { before, feedId, at }: StagedInsertion): Promise<void> {
    const records = new BulkWriter(db, 'vulnerability', recordColumns);
    const affected = new BulkWriter(db, 'affected', ['vulnerability_id', ...affectedColumns]);
    const aliases = new BulkWriter(db, 'alias', ['name', 'vulnerability_id']);
    for (const [i, { record, hash, details, retainedFor, namespaces }] of this.#records.entries()) {
      const id = before + i + 1;
      const { key, id: name, severity } = record;
      await records.add([id, feedId, at, key, retainedFor, hash, name, severity, details]);
      for (const [position, row] of record.affected.entries())
        await affected.add(affectedValues(row, [id, namespaces[position] ?? 0, position]));
      for (const alias of new Set(record.aliases)) await aliases.add([alias, id]);
    }
    await records.finish();
    await affected.finish();
    await aliases.finish();
  }
}
