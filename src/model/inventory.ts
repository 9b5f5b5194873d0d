import type { Distro } from './distro.ts';
import type { Package } from './package.ts';
import type { ExtensionStatus, InventorySubject, ReportLayer, Target, UnreadEvidence } from './report.ts';

/** What a document says an image is made of. */
export interface Inventory {
  readonly subject: InventorySubject & Omit<Target, 'reference' | 'kind' | 'subject'>;
  readonly distro: Distro | null;
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly Package[];
  /** What is in the image and not listed, as far as the document says; absent where it says nothing. */
  readonly unread?: readonly UnreadEvidence[];
  /** How reading the image went, where the document tells, and how reading the document did. */
  readonly statuses: readonly ExtensionStatus[];
}
