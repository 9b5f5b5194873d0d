import type { Distro } from './distro.ts';
import type { Package } from './package.ts';
import type { ExtensionStatus, InventorySubject, ReportLayer, Target, UnreadEvidence } from './report.ts';

/** The content of an image by a document such as an SBOM. */
export interface Inventory {
  readonly subject: InventorySubject & Omit<Target, 'reference' | 'kind' | 'subject'>;
  readonly distro: Distro | null;
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly Package[];
  /** Unlisted packages in the image, if the document states them. */
  readonly unread?: readonly UnreadEvidence[];
  /** The results of reading the image, if the document states them, and of reading the document. */
  readonly statuses: readonly ExtensionStatus[];
}
