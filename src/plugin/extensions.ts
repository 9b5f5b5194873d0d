import type { AdvisorySource } from './advisory-source.ts';
import type { Enricher } from './enricher.ts';
import type { NamespaceDetector, RemoteDetector } from './namespace-detector.ts';
import type { PackageLister, RemoteLister } from './package-lister.ts';
import type { ReportFormat } from './report-format.ts';
import type { Transport } from './transport.ts';
import type { VersionScheme } from './version-scheme.ts';
import type { VexFormat } from './vex-format.ts';

/** Everything that can be exchanged or added, in order of trial. Passed down as one value; nothing registers itself. */
export interface Extensions {
  readonly detectors: readonly (NamespaceDetector | RemoteDetector)[];
  readonly listers: readonly (PackageLister | RemoteLister)[];
  readonly schemes: readonly VersionScheme[];
  readonly sources: readonly AdvisorySource[];
  readonly enrichers: readonly Enricher[];
  /** Ways to write the findings. */
  readonly formats: readonly ReportFormat[];
  /** Ways to write only what an image is made of. */
  readonly sbomFormats: readonly ReportFormat[];
  /** Ways to tell others what an image is affected by and what not. */
  readonly vexFormats: readonly VexFormat[];
  /** Ways to tell somebody, besides those that the configuration describes. */
  readonly transports: readonly Transport[];
}
