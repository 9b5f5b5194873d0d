import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { CompatibleMigration } from './migration.ts';

/**
 * Adds the orders of clients to scans. Programs of the previous version run such a scan without its access to the registry, and it fails
 * there.
 */
export const addScanOrders: CompatibleMigration = { minimumSchema: 14, change: addOrders };

async function addOrders(db: Kysely<Tables>): Promise<void> {
  for (const column of ['subject', 'access'])
    await db.schema.alterTable('scan_job').addColumn(column, 'text').execute();
  // Ended scans with an order are deleted much earlier than the others.
  await db.schema
    .createIndex('scan_job_order_ended')
    .on('scan_job')
    .column('ended_at')
    .where(sql<boolean>`subject is not null`)
    .execute();
}
