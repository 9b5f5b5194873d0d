import type { V4Deviation, V4Deviations } from './v4-deviations.ts';

/** In the recording, two thirds of the requests at the same time were refused. */
const waitedTheirTurn: V4Deviations = Object.fromEntries(
  Array.from({ length: 20 }, (_, i): [string, V4Deviation] => [
    `25.${i + 11}`.replace(/0$/, ''),
    { rule: 'Requests wait for their turn', status: 201 },
  ]),
);

/** Deviations in the recording of requests at the same time and of interrupted ones. The place among parallel requests is in hundredths. */
export const v4ParallelDeviations: V4Deviations = {
  3.03: { rule: 'A failed manifest is unknown', status: 404 },
  6: { rule: 'A layer is requested for each manifest' },
  11: { rule: 'A failed manifest is unknown', status: 404 },
  12: { rule: 'Work goes on without its client', status: 200 },
  15: { rule: 'Work goes on without its client' },
  17: { rule: 'A stop waits for requests', status: 201 },
  19: { rule: 'A stop waits for requests', status: 200 },
  22: { rule: 'A failed manifest is unknown', status: 404 },
  ...waitedTheirTurn,
};

/** Deviations in the recording of clairctl. */
export const clairctlDeviations: V4Deviations = {};

/** A report of clairctl that differs from Clair's on purpose. */
export interface ClairctlReportDeviation {
  /** Headings in docs/reference/deviations.md with the reasons. */
  readonly rules: readonly string[];
  /** Names of vulnerabilities that only Clair finds. */
  readonly without: readonly string[];
  /** Lines that only our reports have. */
  readonly added?: readonly string[];
}

const undetermined: ClairctlReportDeviation = {
  rules: ['Undetermined vulnerabilities do not count'],
  without: ['CVE-2026-80004'],
};

/** The recorded server had no advisories of OSV. Ours makes no report without them. */
const withPython: ClairctlReportDeviation = {
  rules: [...undetermined.rules, 'Reports wait for their advisories'],
  without: undetermined.without,
  added: [
    'mixed:1 found PyYAML 5.3.1 GHSA-8q59-q68h-6hv4 (fixed: 5.4)',
    'mixed:1 found requests 2.25.0 GHSA-9wx4-h78v-vm56 (fixed: 2.32.0)',
  ],
};

/** Deviations in the reports that clairctl printed, by the number of the line. */
export const clairctlReportDeviations: Readonly<Record<number, ClairctlReportDeviation>> = {
  8: undetermined,
  22: withPython,
  24: withPython,
  26: withPython,
};
