import type { PeerFormat } from './peer-report.ts';
import type { Verdict } from './report.ts';
import type { Severity } from './severity.ts';

/** A rule that explains differences, and how many it explains. */
export interface RuleCount {
  /** `clair/…` if only Clair has the findings, `peer/…` if only the other scanner has them, or `unexplained`. */
  readonly id: string;
  readonly sentence: string;
  readonly count: number;
}

/** A finding that only one of two reports has. */
export interface ComparisonDifference {
  readonly reportedBy: 'clair' | 'peer';
  readonly id: string;
  readonly aliases: readonly string[];
  readonly package: {
    /** purl type. Empty if the report does not state it. */
    readonly type: string;
    readonly name: string;
    readonly version: string;
    /** Absolute paths. Empty if the report states none. */
    readonly paths: readonly string[];
  };
  readonly severity: Severity;
  /** Id of the rule that explains it, or `unexplained`. */
  readonly rule: string;
  /** The fact that the rule has found. Absent if its sentence says all. */
  readonly detail?: string;
}

/** A report of another scanner, compared with that of Clair. */
export interface PeerComparison {
  /** The file, as the user named it. */
  readonly reference: string;
  readonly format: PeerFormat;
  /** Name and version of the scanner. */
  readonly tool: string;
  /** Time after which its advisories cannot have changed, ISO 8601. Null if unknown. */
  readonly dataDate: string | null;
  /** Its packages. Null if it lists only those with findings. */
  readonly packages: number | null;
  /** Its findings, without those that it does not count. */
  readonly findings: number;
  /** Findings that both count. */
  readonly agreed: number;
  /** Findings that only Clair counts. */
  readonly onlyClair: number;
  /** Findings that only the other scanner counts. */
  readonly onlyPeer: number;
  readonly unexplained: number;
  /** The rules that explain a difference, and `unexplained`, the most frequent first. */
  readonly rules: readonly RuleCount[];
  readonly differences: readonly ComparisonDifference[];
}

/** The report of Clair, compared with reports of other scanners. */
export interface Comparison {
  readonly schemaVersion: 1;
  readonly target: {
    readonly reference: string;
    readonly packages: number;
    readonly findings: number;
    readonly verdict: Verdict;
  };
  readonly peers: readonly PeerComparison[];
}
