import { type ExpressionBuilder, type ExpressionWrapper, type Kysely, type SqlBool, sql } from 'kysely';
import { everyKey } from '../../plugin/version-scheme.ts';
import type { KeyedAffected, KeyedVulnerability, RetainedRecord } from '../advisory-store.ts';
import type { RowWriter, Value } from './bulk-writer.ts';
import type { ColumnTypes, EngineConnection } from './engine.ts';
import type { Namespaces } from './namespaces.ts';
import type { Tables } from './schema.ts';
import type { StagedInsertion, Staging } from './staging.ts';

const recordColumns = ['number', 'key', 'kept_for', 'hash', 'name', 'severity', 'details'] as const;

/** The columns that incoming and stored affected rows share. */
export const affectedColumns = [
  'namespace_id',
  'package',
  'hi',
  'lo',
  'position',
  'is_keyed',
  'range_from',
  'range_from_excluded',
  'range_to',
  'range_to_included',
  'fix_state',
  'fix_version',
  'severity',
  'conditions',
] as const;

/**
 * Stages the content of a feed in temporary tables while its records stream in. So the memory does not depend on the size of the
 * feed, and a slow download blocks no writer. A stream that breaks off leaves nothing behind.
 */
export class StagingTables implements Staging {
  readonly #connection: EngineConnection;
  readonly #namespaces: Namespaces;
  readonly #records: RowWriter;
  readonly #affected: RowWriter;
  readonly #aliases: RowWriter;
  readonly #closed: RowWriter;
  /** Number of records staged so far; they are numbered from 1. */
  count = 0;

  private constructor(connection: EngineConnection, namespaces: Namespaces) {
    this.#connection = connection;
    this.#namespaces = namespaces;
    this.#records = connection.bulkWriter(connection.db, 'incoming_vulnerability', recordColumns);
    this.#affected = connection.bulkWriter(connection.db, 'incoming_affected', [
      'number',
      ...affectedColumns,
    ]);
    this.#aliases = connection.bulkWriter(connection.db, 'incoming_alias', ['number', 'name']);
    this.#closed = connection.bulkWriter(connection.db, 'incoming_closed', ['id']);
  }

  /** Creates the temporary tables on a connection that no other work uses. */
  static async open(
    connection: EngineConnection,
    types: ColumnTypes,
    namespaces: Namespaces,
  ): Promise<StagingTables> {
    await createTables(connection.db, types);
    return new StagingTables(connection, namespaces);
  }

  /** Stages a new or changed record, or a part of one that is retained for a namespace. */
  async add(record: KeyedVulnerability | RetainedRecord, hash: string, details: string): Promise<void> {
    const number = ++this.count;
    const retainedFor =
      'retainedFor' in record
        ? await this.#namespaces.findOrCreateNumber(this.#connection, record.retainedFor)
        : 0;
    await this.#records.add([number, record.key, retainedFor, hash, record.id, record.severity, details]);
    for (const [position, row] of record.affected.entries()) {
      const namespace =
        this.#namespaces.cachedNumber(row.namespace) ??
        (await this.#namespaces.findOrCreateNumber(this.#connection, row.namespace));
      const full = this.#affected.add(affectedValues(row, [number, namespace, position]));
      if (full !== undefined) await full;
    }
    for (const name of new Set(record.aliases)) await this.#aliases.add([number, name]);
  }

  /** Stages the end of the validity of a stored record. */
  async close(id: number): Promise<void> {
    await this.#closed.add([id]);
  }

  async finish(): Promise<void> {
    await this.#records.finish();
    await this.#affected.finish();
    await this.#aliases.finish();
    await this.#closed.finish();
  }

  isClosed(
    eb: ExpressionBuilder<Tables, 'vulnerability'>,
  ): ExpressionWrapper<Tables, 'vulnerability', SqlBool> {
    return eb('vulnerability.id', 'in', eb.selectFrom('incoming_closed').select('incoming_closed.id'));
  }

  async insert(db: Kysely<Tables>, { before, feedId, at }: StagedInsertion): Promise<void> {
    const id = sql<number>`number + ${sql.lit(before)}`;
    const shown = ['key', 'kept_for', 'hash', 'name', 'severity', 'details'] as const;
    await db
      .insertInto('vulnerability')
      .columns(['id', 'feed_id', 'valid_from', ...shown])
      .expression((eb) =>
        eb
          .selectFrom('incoming_vulnerability')
          .select([id.as('id'), eb.lit(feedId).as('feed_id'), eb.lit(at).as('valid_from'), ...shown]),
      )
      .execute();
    // Inserting in nearly the final order appends to the tables.
    await db
      .insertInto('affected')
      .columns(['vulnerability_id', ...affectedColumns])
      .expression(
        db
          .selectFrom('incoming_affected')
          .select([id.as('vulnerability_id'), ...affectedColumns])
          .orderBy('namespace_id')
          .orderBy('package')
          .orderBy('hi'),
      )
      .execute();
    await db
      .insertInto('alias')
      .columns(['name', 'vulnerability_id'])
      .expression(
        db
          .selectFrom('incoming_alias')
          .select(['name', id.as('vulnerability_id')])
          .orderBy('name'),
      )
      .execute();
  }
}

/** Returns an affected row of a record as its columns, after the number of the record. */
export function affectedValues(
  row: KeyedAffected,
  [number, namespace, position]: [number, number, number],
): Value[] {
  // A range without keys must be compared with every installed version.
  const { range, fix, keys = everyKey } = row;
  return [
    number,
    namespace,
    row.package,
    keys.hi,
    keys.lo,
    position,
    row.keys === undefined ? 0 : 1,
    range.from ?? null,
    range.fromExcluded ? 1 : 0,
    range.to ?? null,
    range.toIncluded ? 1 : 0,
    fix.state,
    fix.state === 'fixed' && fix.version !== range.to ? fix.version : null,
    row.severity ?? null,
    row.only === undefined ? null : JSON.stringify(row.only),
  ];
}

async function createTables(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('incoming_vulnerability')
    .temporary()
    .addColumn('number', types.integer, (column) => column.primaryKey())
    .addColumn('key', 'text')
    .addColumn('kept_for', types.integer)
    .addColumn('hash', 'text')
    .addColumn('name', 'text')
    .addColumn('severity', 'text')
    .addColumn('details', 'text')
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('incoming_affected')
    .temporary()
    .addColumn('number', types.integer)
    .addColumn('namespace_id', types.integer)
    .addColumn('package', 'text')
    .addColumn('hi', types.bytes)
    .addColumn('lo', types.bytes)
    .addColumn('position', types.integer)
    .addColumn('is_keyed', types.integer)
    .addColumn('range_from', 'text')
    .addColumn('range_from_excluded', types.integer)
    .addColumn('range_to', 'text')
    .addColumn('range_to_included', types.integer)
    .addColumn('fix_state', 'text')
    .addColumn('fix_version', 'text')
    .addColumn('severity', 'text')
    .addColumn('conditions', 'text')
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('incoming_alias')
    .temporary()
    .addColumn('number', types.integer)
    .addColumn('name', 'text')
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('incoming_closed')
    .temporary()
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .modifyEnd(types.plain)
    .execute();
}
