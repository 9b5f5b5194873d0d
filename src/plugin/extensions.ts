import type { AdvisorySource } from './advisory-source.ts';
import type { Enricher } from './enricher.ts';
import type { NamespaceDetector, RemoteDetector } from './namespace-detector.ts';
import type { PackageLister, RemoteLister } from './package-lister.ts';
import type { ReportFormat } from './report-format.ts';
import type { Transport } from './transport.ts';
import type { VersionScheme } from './version-scheme.ts';
import type { VexFormat } from './vex-format.ts';

/** All extensions of clair, each kind in the order of trial. Callers pass them down as one value; there is no global registry. */
export interface Extensions {
  readonly detectors: readonly (NamespaceDetector | RemoteDetector)[];
  readonly listers: readonly (PackageLister | RemoteLister)[];
  readonly schemes: readonly VersionScheme[];
  readonly sources: readonly AdvisorySource[];
  readonly enrichers: readonly Enricher[];
  /** Formats of the report. */
  readonly formats: readonly ReportFormat[];
  /** Formats of the SBOM. */
  readonly sbomFormats: readonly ReportFormat[];
  /** Formats of VEX documents. */
  readonly vexFormats: readonly VexFormat[];
  /** Transports of notifications, in addition to those of the configuration. */
  readonly transports: readonly Transport[];
}
