import type { Kysely } from 'kysely';
import type { ColumnTypes, Numbering } from '../engine.ts';
import type { Tables } from '../schema.ts';
import { createTables } from './0001-tables.ts';
import { addHistoryAndNames } from './0002-history-and-names.ts';
import { addNotifications } from './0003-notifications.ts';
import { addDigests } from './0004-digests.ts';
import { addAncestries } from './0005-ancestries.ts';
import { sharePackages } from './0006-packages.ts';
import { addContentDates } from './0007-content-dates.ts';
import { addRatings } from './0008-ratings.ts';
import { addLastUpdate } from './0009-last-update.ts';
import { numberIndependently } from './0010-independent-numbers.ts';
import { indexLastUse } from './0011-last-use.ts';
import { sharePackageSets } from './0012-package-sets.ts';

/** One step forward. It never changes once released, because databases were migrated by it. */
export type Migration = SingleMigration | StagedMigration;

/** A migration in one transaction, for a change that takes the same time for any number of rows. */
type SingleMigration = (db: Kysely<Tables>, types: ColumnTypes, numbering: Numbering) => Promise<void>;

/**
 * A migration of many rows. Each stage and each call of `backfill` is a transaction of its own. After an interruption it resumes at the last
 * row that was moved. Other servers may read and write the old form until `contract`.
 */
export interface StagedMigration {
  /** Adds the new form beside the old one. */
  expand(db: Kysely<Tables>, types: ColumnTypes): Promise<void>;
  /** Moves the next rows after a number, at first 0; returns the number of the last one. Undefined if there is none. */
  backfill(db: Kysely<Tables>, after: number): Promise<number | undefined>;
  /** Removes the old form. */
  contract(db: Kysely<Tables>): Promise<void>;
}

/** All migrations in order. */
export const migrations: readonly Migration[] = [
  createTables,
  addHistoryAndNames,
  addNotifications,
  addDigests,
  addAncestries,
  sharePackages,
  addContentDates,
  addRatings,
  addLastUpdate,
  numberIndependently,
  indexLastUse,
  sharePackageSets,
];
