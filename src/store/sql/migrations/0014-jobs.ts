import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Adds the number of a lease, and the table of jobs. Servers of the previous version ignore both. */
export async function addJobs(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('lock')
    .addColumn('number', types.integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createTable('job')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('lane', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('run_at', types.integer, (column) => column.notNull())
    .addColumn('attempt', types.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('owner', 'text')
    .addColumn('expires_at', types.integer)
    .addColumn('number', types.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('error', 'text')
    .modifyEnd(types.plain)
    .execute();
  await db.schema.createIndex('job_due').on('job').columns(['lane', 'run_at']).execute();
}
