import type { Report } from '../model/report.ts';

/** Where a report is shown. */
export interface Display {
  /** Width of the terminal in columns; undefined when the output is not a terminal. */
  readonly columns?: number;
  readonly colors: boolean;
}

/** A way to write a report. */
export interface ReportFormat {
  readonly name: string;
  readonly mediaType: string;
  /** The report in pieces, to be joined as they are. */
  write(report: Report, display: Display): Iterable<string>;
}
