import type { ExpressionBuilder, ExpressionWrapper, Kysely, SqlBool } from 'kysely';
import type { KeyedVulnerability, RetainedRecord } from '../store.ts';
import type { Tables } from './schema.ts';

/** Records that come into force, once their numbers are known. */
export interface StagedInsertion {
  /** The first record gets the number behind this one. */
  readonly before: number;
  readonly feedId: number;
  readonly at: number;
}

/** The differences of a feed from what is in force, from the comparison until the transaction that applies them. */
export interface Staging {
  /** Records staged so far; they are numbered from 1. */
  readonly count: number;
  /** Stages a record that is new or has changed, or a part of one that is kept for a namespace. */
  add(record: KeyedVulnerability | RetainedRecord, hash: string, details: string): Promise<void>;
  /** Notes that a stored record is no longer in force. */
  close(id: number): Promise<void>;
  /** Ends staging; only then the rest can be used. */
  finish(): Promise<void>;
  /** Whether a stored record is one of those that are no longer in force. Needs at least one such record. */
  isClosed(
    eb: ExpressionBuilder<Tables, 'vulnerability'>,
  ): ExpressionWrapper<Tables, 'vulnerability', SqlBool>;
  /** Inserts the staged records with their affected rows and aliases. */
  insert(db: Kysely<Tables>, insertion: StagedInsertion): Promise<void>;
}
