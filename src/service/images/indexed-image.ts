import type { ImageEvidence } from '../../match/evidence.ts';
import type { ExcludedFile } from '../../match/exclude.ts';
import type { Distro } from '../../model/distro.ts';
import type { Namespace } from '../../model/namespace.ts';
import type { Package } from '../../model/package.ts';
import type { ExtensionStatus, ReportLayer, UnreadEvidence } from '../../model/report.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { TableUse } from './partial-reading.ts';

/** An image whose packages are stored. */
export interface IndexedImage {
  /** Number in the store. */
  readonly id: number;
  readonly distro: Distro | null;
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly ImagePackage[];
  /** The packages as a report has them, if a description has them in that form. */
  readonly reported?: readonly Package[];
  /** The packages that coverage may depend on. Absent if it may depend on each. */
  readonly covering?: readonly ImagePackage[];
  /** Positions of the packages of unknown groups. Absent if they are unknown. */
  readonly ungrouped?: readonly number[];
  /** Whether the store has a description of the image. */
  readonly isDescribed?: boolean;
  /** Namespaces of the packages, sorted by name. */
  readonly namespaces: readonly Namespace[];
  /** Names of the namespaces of advisories that only claims of documents need. */
  readonly claimedNamespaces: readonly string[];
  readonly statuses: readonly ExtensionStatus[];
  /** Files that a user has excluded. */
  readonly excluded?: readonly ExcludedFile[];
  /** Whether it is a source tree, whose dependencies are declared and not installed. */
  readonly isSourceTree?: boolean;
  /** Evidence of packages and programs that are not listed. */
  readonly evidence: ImageEvidence;
  /** Evidence as an inventory states it. Absent if the image itself was read. */
  readonly claimedUnread?: readonly UnreadEvidence[];
  /** How layers with a table of contents were read. Absent if all were read whole as usual. */
  readonly tables?: TableUse;
}

/** Options of a scan that change the contents of the image. */
export interface ImageScope {
  /** Distribution that overrides the detected one. */
  readonly distro?: Distro;
  /** Patterns of paths to exclude. */
  readonly exclude?: readonly string[];
}
