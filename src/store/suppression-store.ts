import type { PageRequest } from './page.ts';

/** A file of rules, or a VEX document, that applies to the images of all servers. */
export interface SavedSuppression {
  /** Unique, like a file name. Its end decides the format: `.json` is VEX, any other a file of rules. */
  readonly name: string;
  readonly content: string;
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly savedAt: string;
  /** Name of the token of the client. Null without tokens. */
  readonly savedBy: string | null;
}

/** A change of what suppresses findings, for the audit log: by a client, or of a document that is attached to an image. */
export interface AuditEntry {
  /** Rises with each change. */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  /** Name of the token of the client, or `key` and the id of the key that signed an attached document. Null without tokens. */
  readonly actor: string | null;
  readonly action: 'saved' | 'deleted';
  /** The changed object: `suppression/NAME`, or `attached/IMAGE/ATTESTATION`. */
  readonly subject: string;
  /** SHA-256 of the content before and after the change, hexadecimal. Null if there was no content. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A page of the audit log, the newest entry first. `next` is the `after` of the next request; absent on the last page. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly next?: number;
}

/** The suppressions of clients, with the log of their changes. Both are written in one transaction. */
export interface SuppressionStore {
  /** Returns the number of the last change of a file; 0 before the first one. */
  revision(): Promise<number>;
  /** Returns all files, sorted by name. */
  list(): Promise<readonly SavedSuppression[]>;
  find(name: string): Promise<SavedSuppression | undefined>;
  /** Saves a file. Throws `limit-exceeded` if it would be one more than `limits.savedSuppressions`. An equal content is not a change. */
  save(name: string, content: string, actor: string | null): Promise<SavedSuppression>;
  /** Deletes a file. Returns false if it does not exist. */
  delete(name: string, actor: string | null): Promise<boolean>;
  pageAudit(page: PageRequest<number>): Promise<AuditPage>;
}
