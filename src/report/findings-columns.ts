import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Severity } from '../model/severity.ts';
import type { Display } from '../plugin/report-format.ts';
import { isFixable } from './finding.ts';
import type { FindingRow } from './finding-rows.ts';
import type { Style } from './paint.ts';
import { advisoryCell, epssCell, fixCellOf } from './report-text.ts';

/** A column of the table of findings. */
export interface FindingsColumn {
  readonly heading: string;
  /** What becomes of it in a narrow terminal. */
  readonly overflow: 'kept' | 'folded-first' | 'folded' | 'optional' | 'cut';
  readonly cell: (row: FindingRow, display: Display) => string;
  readonly style?: (row: FindingRow) => Style | undefined;
}

const severityStyles: Readonly<Record<Severity, Style>> = {
  Defcon1: ['bold', 'red'],
  Critical: ['bold', 'red'],
  High: 'red',
  Medium: 'yellow',
  Low: 'cyan',
  Negligible: 'dim',
  Unknown: 'dim',
};

/** Names longer than this together are counted in a terminal. */
const namesCharactersMax = 24;

const baseColumns: readonly FindingsColumn[] = [
  { heading: 'PACKAGE', overflow: 'folded', cell: packageCell },
  {
    heading: 'INSTALLED',
    overflow: 'folded-first',
    cell: ({ match }) => escapeForTerminal(match.package.version),
  },
  {
    heading: 'VULNERABILITY',
    overflow: 'folded',
    cell: ({ match }) => escapeForTerminal(match.vulnerability.id),
  },
  {
    heading: 'SEVERITY',
    overflow: 'kept',
    cell: ({ match }) => match.vulnerability.severity,
    style: ({ match }) => severityStyles[match.vulnerability.severity],
  },
  {
    heading: 'FIXED IN',
    overflow: 'folded-first',
    cell: ({ match }) => escapeForTerminal(fixCellOf(match)),
    style: ({ match }) => (isFixable(match) ? undefined : 'dim'),
  },
];

/** Columns for what is known of some findings only. */
const optionalColumns: readonly FindingsColumn[] = [
  {
    heading: 'KEV',
    overflow: 'kept',
    cell: ({ match }) => (match.vulnerability.kev === true ? 'yes' : ''),
    style: () => ['bold', 'red'],
  },
  { heading: 'EPSS', overflow: 'optional', cell: ({ match }) => epssCell(match.vulnerability.epss) },
  {
    heading: 'ADVISORY',
    overflow: 'optional',
    cell: ({ match }) => advisoryCell(match),
  },
  { heading: 'DESCRIPTION', overflow: 'cut', cell: descriptionCell },
];

/** The columns that the rows have content for. */
export function columnsFor(rows: readonly FindingRow[]): FindingsColumn[] {
  const wide: Display = { colors: false };
  return [
    ...baseColumns,
    ...optionalColumns.filter(({ cell }) => rows.some((row) => cell(row, wide) !== '')),
  ];
}

/** The packages of a row: all of them where there is no terminal, so that each can be searched for. */
function packageCell({ match, names, count }: FindingRow, { columns }: Display): string {
  const { name, source } = match.package;
  const all = names.map((each) => escapeForTerminal(each)).join(', ');
  if (names.length === 1) return count === 1 ? all : `${all} (${count}x)`;
  if (columns === undefined || all.length <= namesCharactersMax) return all;
  return `${escapeForTerminal(source?.name ?? name)} (${names.length} pkgs)`;
}

/** Advisories of rpm distributions describe the product, and not the vulnerability. */
function descriptionCell({ match }: FindingRow): string {
  return match.package.type === 'rpm' ? '' : escapeForTerminal(match.vulnerability.description ?? '');
}
