import type { AdvisorySource } from './advisory-source.ts';
import type { Enricher } from './enricher.ts';
import type { NamespaceDetector } from './namespace-detector.ts';
import type { PackageLister } from './package-lister.ts';
import type { ReportFormat } from './report-format.ts';
import type { Transport } from './transport.ts';
import type { VersionScheme } from './version-scheme.ts';

/**
 * A plugin: a module exports an object of this type as `plugin`. It provides any number of extensions of any kind. Their names must be
 * unique across clair and all plugins.
 */
export interface Plugin {
  readonly name: string;
  /** Version of the plugin, for people: `1.2.0`. Clair reads layers again when the version of a detector or lister changes, not this one. */
  readonly version: string;
  /** Clair tries them before its built-in detectors. */
  readonly detectors?: readonly NamespaceDetector[];
  readonly listers?: readonly PackageLister[];
  readonly schemes?: readonly VersionScheme[];
  readonly sources?: readonly AdvisorySource[];
  readonly enrichers?: readonly Enricher[];
  readonly formats?: readonly ReportFormat[];
  readonly transports?: readonly Transport[];
}
