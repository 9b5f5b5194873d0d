import type { Match, Report } from '../model/report.ts';

/** Display options of a report. */
export interface Display {
  /** Width of the terminal in columns; undefined if the output is not a terminal. */
  readonly columns?: number;
  readonly colors: boolean;
  /** Timestamp for formats that have one, RFC 3339. Absent: the newest time in the report. */
  readonly time?: string;
  /** Order of the findings in formats for people. Absent: `risk`. */
  readonly order?: FindingOrder;
  /** Whether to list all locations of packages of languages. */
  readonly detail?: boolean;
  /** Evaluates the gates of the command (`--fail-on`) for a finding. Absent if there are no gates. */
  readonly gated?: (match: Match) => GatedFinding;
}

/** An order of findings. `risk`: exploited first, then by severity, fix and EPSS; it also orders what is equal in the others. */
export type FindingOrder = 'risk' | 'severity' | 'epss' | 'package' | 'vulnerability';

/** Whether a finding reaches a gate. `undecided`: the data that the gate needs is missing. */
export type GatedFinding = 'reached' | 'undecided' | 'passed';

/** An output format of the report. */
export interface ReportFormat {
  readonly name: string;
  readonly mediaType: string;
  /** Whether the findings are in the order of `Display`. Absent: the format has an order of its own. */
  readonly isSortable?: boolean;
  /** Yields the report in chunks, to concatenate without separators. */
  write(report: Report, display: Display): Iterable<string>;
}
