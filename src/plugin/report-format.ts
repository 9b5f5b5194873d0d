import type { Match, Report } from '../model/report.ts';

/** Where a report is shown. */
export interface Display {
  /** Width of the terminal in columns; undefined when the output is not a terminal. */
  readonly columns?: number;
  readonly colors: boolean;
  /** Time of a document that has one, RFC 3339; where absent, the newest time that the report itself names. */
  readonly time?: string;
  /** What the gates of the command (`--fail-on`) make of a finding; absent where there are none. */
  readonly gated?: (match: Match) => GatedFinding;
}

/** Whether a finding reaches a gate. `undecided`: the data that a gate asks for is missing. */
export type GatedFinding = 'reached' | 'undecided' | 'passed';

/** A way to write a report. */
export interface ReportFormat {
  readonly name: string;
  readonly mediaType: string;
  /** The report in pieces, to be joined as they are. */
  write(report: Report, display: Display): Iterable<string>;
}
