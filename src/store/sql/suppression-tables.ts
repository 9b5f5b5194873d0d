import type { Generated } from 'kysely';
import type { AuditEntry } from '../suppression-store.ts';

/** A file of rules or a VEX document of a client. */
export interface SavedSuppressionTable {
  name: string;
  content: string;
  sha256: string;
  saved_at: number;
  saved_by: string | null;
}

/** A change that a client made. Rows are never changed or deleted. */
export interface AuditEntryTable {
  number: Generated<number>;
  at: number;
  actor: string | null;
  action: AuditEntry['action'];
  subject: string;
  before: string | null;
  after: string | null;
}
