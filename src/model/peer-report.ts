import type { PackageType } from './package.ts';
import type { Severity } from './severity.ts';

/** The format of a report of another scanner. */
export type PeerFormat = 'trivy' | 'grype' | 'osv-scanner' | 'clair-v4' | 'snyk' | 'sarif' | 'cyclonedx';

/** A package in a list of another scanner, with all its paths. Packages of Clair have the same form for a comparison. */
export interface PeerPackage {
  /** Its purl type, or a type of the scanner. Empty if the report does not state it. */
  readonly type: PackageType;
  readonly name: string;
  /** Empty if the scanner knows none. */
  readonly version: string;
  /** Absolute paths. Empty if the scanner states none. */
  readonly paths: readonly string[];
  /** How it is known to be in the image. Absent in lists of other scanners. */
  readonly evidence?: string;
  /** The package of the distribution that owns it. Absent in lists of other scanners. */
  readonly owner?: string;
}

/** A vulnerability of a package in the report of another scanner. */
export interface PeerFinding {
  readonly id: string;
  /** Other names of the same vulnerability. */
  readonly aliases: readonly string[];
  /** Advisories about it, such as `DSA-5000-1`. Each may be about several vulnerabilities. */
  readonly advisories: readonly string[];
  readonly package: PeerPackage;
  /** Unknown if the report states none, or a word of its own. */
  readonly severity: Severity;
  /** Versions with a fix. Empty if the report states none. */
  readonly fixedVersions: readonly string[];
  /** Whether a CPE led to the finding, and not the name of the package in its ecosystem. */
  readonly isCpeMatch?: true;
  /** When the vulnerability was published, ISO 8601. Absent if the report does not state it. */
  readonly published?: string;
  /** Whether the author has withdrawn the advisory. */
  readonly isWithdrawn?: true;
  /** Why the scanner does not count it. Absent if it counts. */
  readonly suppressed?: string;
}

/** The report of another scanner. */
export interface PeerReport {
  readonly format: PeerFormat;
  /** Name and version of the scanner, as the report states them. */
  readonly tool: string;
  /** Time after which its advisories cannot have changed, ISO 8601. Absent if the report states none. */
  readonly dataDate?: string;
  /** All packages that the scanner found. Absent if the report has only those with findings. */
  readonly packages?: readonly PeerPackage[];
  /** Its findings, also those that it does not count. */
  readonly findings: readonly PeerFinding[];
}
