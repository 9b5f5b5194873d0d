import type { AdvisorySource } from './advisory-source.ts';
import type { Enricher } from './enricher.ts';
import type { NamespaceDetector } from './namespace-detector.ts';
import type { PackageLister } from './package-lister.ts';
import type { ReportFormat } from './report-format.ts';
import type { Transport } from './transport.ts';
import type { VersionScheme } from './version-scheme.ts';

/**
 * What a plugin is: a module that exports one of these as `plugin`. It brings any number of extensions of any kind, whose names
 * nobody else may have.
 */
export interface Plugin {
  readonly name: string;
  /** As its author counts: `1.2.0`. What makes layers be read again is the version of a detector or lister. */
  readonly version: string;
  /** Asked before those that come with clair. */
  readonly detectors?: readonly NamespaceDetector[];
  readonly listers?: readonly PackageLister[];
  readonly schemes?: readonly VersionScheme[];
  readonly sources?: readonly AdvisorySource[];
  readonly enrichers?: readonly Enricher[];
  readonly formats?: readonly ReportFormat[];
  readonly transports?: readonly Transport[];
}
