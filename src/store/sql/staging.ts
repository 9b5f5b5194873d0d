import type { ExpressionBuilder, ExpressionWrapper, Kysely, SqlBool } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import type { KeyedVulnerability, RetainedRecord } from '../advisory-store.ts';
import type { Tables } from './schema.ts';

/** Insertion of staged records, once their numbers are known. */
export interface StagedInsertion {
  /** The number before that of the first record. */
  readonly before: number;
  readonly feedId: number;
  readonly at: number;
}

/** Differences of a feed from the current records, from the comparison until the transaction that applies them. */
export interface Staging {
  /** Number of records staged so far; they are numbered from 1. */
  readonly count: number;
  /** Stages a new or changed record, or a part of one that is retained for a namespace. */
  add(record: KeyedVulnerability | RetainedRecord, hash: string, details: string): Promise<void>;
  /** Stages the end of the validity of a stored record. */
  close(id: number): Promise<void>;
  /** Returns the number of a namespace. That of a new one is negative until `createNamespaces`. */
  numberOf(namespace: Namespace): Promise<number>;
  /** Ends staging. The following members require this. */
  finish(): Promise<void>;
  /** Returns the condition for a stored record to be among the closed ones. Requires at least one closed record. */
  isClosed(
    eb: ExpressionBuilder<Tables, 'vulnerability'>,
  ): ExpressionWrapper<Tables, 'vulnerability', SqlBool>;
  /** Creates new namespaces in the transaction that applies the feed; returns the final number of each negative one. */
  createNamespaces(db: Kysely<Tables>): Promise<ReadonlyMap<number, number>>;
  /** Inserts the staged records with their affected rows and aliases. */
  insert(db: Kysely<Tables>, insertion: StagedInsertion): Promise<void>;
}
