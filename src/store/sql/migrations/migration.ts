import type { Kysely } from 'kysely';
import type { ColumnTypes, Numbering } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** One step forward. It never changes once released, because databases were migrated by it. */
export type Migration = SchemaChange | CompatibleMigration;

type SchemaChange = SingleMigration | StagedMigration;

/** A migration beside which servers of earlier versions go on. Any other migration stops them. */
export interface CompatibleMigration {
  /** Number of the oldest schema whose programs can read and write the migrated database. */
  readonly minimumSchema: number;
  readonly change: SchemaChange;
}

/** A migration in one transaction, for a change that takes the same time for any number of rows. */
export type SingleMigration = (db: Kysely<Tables>, types: ColumnTypes, numbering: Numbering) => Promise<void>;

/**
 * A migration of many rows. Each stage and each call of `backfill` is a transaction of its own. After an interruption it resumes at the last
 * row that was moved. Other servers may read and write the old form until `contract`.
 */
export interface StagedMigration {
  /** Adds the new form beside the old one. */
  expand(db: Kysely<Tables>, types: ColumnTypes): Promise<void>;
  /** Moves the next rows after a number, at first 0; returns the number of the last one. Undefined if no row is left. */
  backfill(db: Kysely<Tables>, after: number): Promise<number | undefined>;
  /** Removes the old form. */
  contract(db: Kysely<Tables>): Promise<void>;
}

/** Returns the change of a migration. */
export function schemaChangeOf(migration: Migration): SchemaChange {
  return 'change' in migration ? migration.change : migration;
}

/** Returns the oldest schema whose programs can use a database after the migration that makes schema `version`. */
export function minimumSchemaOf(migration: Migration, version: number): number {
  return 'minimumSchema' in migration ? migration.minimumSchema : version;
}
