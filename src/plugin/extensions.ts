import type { Distro } from '../model/distro.ts';
import type { AdvisorySource } from './advisory-source.ts';
import type { Enricher } from './enricher.ts';
import type { Files } from './layer-files.ts';
import type { NamespaceDetector } from './namespace-detector.ts';
import type { ListerEvent, PackageLister, ProgramParts } from './package-lister.ts';
import type { ReportFormat } from './report-format.ts';
import type { Transport } from './transport.ts';
import type { VersionScheme } from './version-scheme.ts';
import type { VexFormat } from './vex-format.ts';

/** A detector of a plugin, on a worker thread. Clair terminates it when it exceeds its time limit. */
export interface RemoteDetector extends Omit<NamespaceDetector, 'detect'> {
  /** Rejects if the detector fails or clair terminates it. */
  detectRemotely(files: Files): Promise<Distro | undefined>;
}

/** A lister of a plugin, on a worker thread. Clair terminates it when it exceeds its time limit. */
export interface RemoteLister
  extends Omit<PackageLister, 'list' | 'listEach' | 'listProgram' | 'licenseFiles'> {
  /** Rejects if the lister fails or clair terminates it. */
  listRemotely(files: Files): Promise<readonly ListerEvent[]>;
  /** Lists one program. Rejects like `listRemotely`. */
  listProgramRemotely(path: string, parts: ProgramParts): Promise<readonly ListerEvent[]>;
}

/** A detector in this process or on another thread. */
export type AnyDetector = NamespaceDetector | RemoteDetector;

/** A lister in this process or on another thread. */
export type AnyLister = PackageLister | RemoteLister;

/** All extensions of clair, each kind in the order of trial. Callers pass them down as one value; there is no global registry. */
export interface Extensions {
  readonly detectors: readonly AnyDetector[];
  readonly listers: readonly AnyLister[];
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
