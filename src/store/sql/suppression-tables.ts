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

/** A change that a client made, or a document that a scan has found. Rows are never changed or deleted. */
export interface AuditEntryTable {
  number: Generated<number>;
  at: number;
  actor: string | null;
  action: AuditEntry['action'];
  subject: string;
  before: string | null;
  after: string | null;
  /** The known image of a document that is attached to it. Null for other changes. */
  known_image: number | null;
}

/** The VEX documents that are attached to an image in one repository. */
export interface AttachedVexTable {
  known_image_id: number;
  repository: string;
  /** JSON of an array of `AttachedVexDocument`. Null if there are none. */
  documents: string | null;
  refused: number;
  /** JSON of an array of texts. */
  unreadable: string;
  read_at: number;
}
