import { type ExpressionBuilder, type ExpressionWrapper, type Kysely, type SqlBool, sql } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import { everyKey } from '../../plugin/version-scheme.ts';
import type { KeyedAffected, KeyedVulnerability, RetainedRecord } from '../advisory-store.ts';
import type { RowWriter, Value } from './bulk-writer.ts';
import type { ColumnTypes, EngineConnection } from './engine.ts';
import type { Namespaces } from './namespaces.ts';
import type { Tables } from './schema.ts';
import { StagedNamespaces } from './staged-namespaces.ts';
import type { StagedInsertion, Staging } from './staging.ts';

const recordColumns = ['number', 'key', 'kept_for', 'hash', 'name', 'severity', 'details'] as const;

const rangeColumns = [
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
  'matches_source',
] as const;

/** The columns that incoming and stored affected rows share. */
export const affectedColumns = ['namespace_id', ...rangeColumns] as const;

/**
 * Stages the content of a feed in temporary tables while its records stream in. So the memory does not depend on the size of the
 * feed, and a slow download blocks no writer. A stream that breaks off leaves nothing behind.
 */
export class StagingTables implements Staging {
  readonly #namespaces: StagedNamespaces;
  readonly #records: RowWriter;
  readonly #affected: RowWriter;
  readonly #aliases: RowWriter;
  readonly #closed: RowWriter;
  /** Number of records staged so far; they are numbered from 1. */
  count = 0;

  private constructor(connection: EngineConnection, namespaces: Namespaces) {
    this.#namespaces = new StagedNamespaces(connection.db, namespaces);
    this.#records = connection.bulkWriter(connection.db, 'incoming_vulnerability', recordColumns);
    this.#affected = connection.bulkWriter(connection.db, 'incoming_affected', [
      'number',
      ...affectedColumns,
    ]);
    this.#aliases = connection.bulkWriter(connection.db, 'incoming_alias', ['number', 'name']);
    this.#closed = connection.bulkWriter(connection.db, 'incoming_closed', ['id']);
  }

  /** Creates the temporary tables in a session. */
  static async open(
    session: EngineConnection,
    types: ColumnTypes,
    namespaces: Namespaces,
  ): Promise<StagingTables> {
    await createTables(session.db, types);
    return new StagingTables(session, namespaces);
  }

  /** Stages a new or changed record, or a part of one that is retained for a namespace. */
  async add(record: KeyedVulnerability | RetainedRecord, hash: string, details: string): Promise<void> {
    const number = ++this.count;
    const retainedFor = 'retainedFor' in record ? await this.#namespaces.numberOf(record.retainedFor) : 0;
    await this.#records.add([number, record.key, retainedFor, hash, record.id, record.severity, details]);
    for (const [position, row] of record.affected.entries()) {
      const namespace =
        this.#namespaces.cachedNumber(row.namespace) ?? (await this.#namespaces.numberOf(row.namespace));
      const full = this.#affected.add(affectedValues(row, [number, namespace, position]));
      if (full !== undefined) await full;
    }
    for (const name of new Set(record.aliases)) await this.#aliases.add([number, name]);
  }

  /** Stages the end of the validity of a stored record. */
  async close(id: number): Promise<void> {
    await this.#closed.add([id]);
  }

  async numberOf(namespace: Namespace): Promise<number> {
    return await this.#namespaces.numberOf(namespace);
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

  async createNamespaces(db: Kysely<Tables>): Promise<ReadonlyMap<number, number>> {
    return await this.#namespaces.create(db);
  }

  async insert(db: Kysely<Tables>, { before, feedId, at }: StagedInsertion): Promise<void> {
    const id = sql<number>`number + ${sql.lit(before)}`;
    const finalNumber = (column: 'kept_for' | 'namespace_id') =>
      this.#namespaces.finalNumber(column).as(column);
    const shown = ['key', 'hash', 'name', 'severity', 'details'] as const;
    await db
      .insertInto('vulnerability')
      .columns(['id', 'feed_id', 'valid_from', 'kept_for', ...shown])
      .expression((eb) =>
        eb
          .selectFrom('incoming_vulnerability')
          .select([id.as('id'), eb.lit(feedId).as('feed_id'), eb.lit(at).as('valid_from')])
          .select([finalNumber('kept_for'), ...shown]),
      )
      .execute();
    // Inserting in nearly the final order appends to the tables.
    await db
      .insertInto('affected')
      .columns(['vulnerability_id', 'namespace_id', ...rangeColumns])
      .expression(
        db
          .selectFrom('incoming_affected')
          .select([id.as('vulnerability_id'), finalNumber('namespace_id'), ...rangeColumns])
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

/** Whether a row applies to source packages. */
function matchesSource({ only }: KeyedAffected): boolean {
  return only?.arch?.includes('src') === true;
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
    matchesSource(row) ? 1 : 0,
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
    .modifyEnd(types.staging)
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
    .addColumn('matches_source', types.integer)
    .modifyEnd(types.staging)
    .execute();
  await db.schema
    .createTable('incoming_alias')
    .temporary()
    .addColumn('number', types.integer)
    .addColumn('name', 'text')
    .modifyEnd(types.staging)
    .execute();
  await db.schema
    .createTable('incoming_closed')
    .temporary()
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .modifyEnd(types.staging)
    .execute();
}
