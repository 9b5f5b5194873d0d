import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Severity } from '../model/severity.ts';
import type { Display } from '../plugin/report-format.ts';
import { isFixable } from './finding.ts';
import type { FindingRow } from './finding-rows.ts';
import { advisoryCell, epssCell, fixCellWithParent } from './report-text.ts';
import type { Style } from './terminal-text.ts';

/** A column of the table of findings. */
export interface FindingsColumn {
  readonly heading: string;
  /** How the column adapts to a narrow terminal. */
  readonly overflow: 'kept' | 'folded-first' | 'folded' | 'optional' | 'cut';
  readonly cell: (row: FindingRow, display: Display) => string;
  /** Whether a row is a reason to show an optional column; by default, if its cell has content. */
  readonly isNeededFor?: (row: FindingRow) => boolean;
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

/** Maximum length, in characters, of joined package names on a terminal. Longer lists are shown as a count. */
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
    cell: ({ match }) => escapeForTerminal(fixCellWithParent(match)),
    style: ({ match }) => (isFixable(match) ? undefined : 'dim'),
  },
];

/** Columns that appear only if at least one finding needs them. */
const optionalColumns: readonly FindingsColumn[] = [
  {
    heading: 'KEV',
    overflow: 'kept',
    cell: ({ match }) => (match.vulnerability.kev === true ? 'yes' : ''),
    style: () => ['bold', 'red'],
  },
  { heading: 'EPSS', overflow: 'optional', cell: ({ match }) => epssCell(match.vulnerability.epss) },
  {
    heading: 'RATED BY',
    overflow: 'optional',
    cell: ({ match }) => escapeForTerminal(match.vulnerability.severitySource ?? ''),
    isNeededFor: ({ match: { vulnerability } }) =>
      (vulnerability.severitySource ?? vulnerability.source) !== vulnerability.source,
  },
  {
    heading: 'ADVISORY',
    overflow: 'optional',
    cell: ({ match }) => advisoryCell(match),
  },
  { heading: 'DESCRIPTION', overflow: 'cut', cell: descriptionCell },
];

/** Returns the columns that the rows need. */
export function columnsFor(rows: readonly FindingRow[]): FindingsColumn[] {
  const wide: Display = { colors: false };
  return [
    ...baseColumns,
    ...optionalColumns.filter(({ cell, isNeededFor = (row) => cell(row, wide) !== '' }) =>
      rows.some((row) => isNeededFor(row)),
    ),
  ];
}

/** Renders the packages of a row. Without a terminal it lists all names, so that each can be searched. */
function packageCell({ match, names, count }: FindingRow, { columns }: Display): string {
  const { name, source } = match.package;
  const all = names.map((each) => escapeForTerminal(each)).join(', ');
  if (names.length === 1) return count === 1 ? all : `${all} (${count}x)`;
  if (columns === undefined || all.length <= namesCharactersMax) return all;
  return `${escapeForTerminal(source?.name ?? name)} (${names.length} pkgs)`;
}

/** Renders the description; nothing for rpm, whose advisories describe the product instead of the vulnerability. */
function descriptionCell({ match }: FindingRow): string {
  if (match.package.type === 'rpm') return '';
  return escapeForTerminal(withoutHeading(match.vulnerability.description ?? ''));
}

/** Characters of a description that are read for its beginning. */
const beginningCharacters = 4000;

/** Headings of advisories that say nothing about the vulnerability. Others stay, such as `Withdrawn`. */
const emptyHeadings: ReadonlySet<string> = new Set([
  ...['impact', 'description', 'details', 'summary', 'overview', 'introduction', 'background'],
  ...[
    'vulnerability',
    'vulnerability details',
    'vulnerability description',
    'problem',
    'problem description',
  ],
]);

/** Returns a description without the Markdown headings at its beginning, which would fill the cell. */
function withoutHeading(description: string): string {
  const lines = description.slice(0, beginningCharacters).split('\n');
  const first = lines.findIndex((line) => line.trim() !== '' && !isEmptyHeading(line));
  return first <= 0 ? description : lines.slice(first).join('\n');
}

function isEmptyHeading(line: string): boolean {
  const words = line
    .replaceAll(/[#*_:]/g, '')
    .trim()
    .toLowerCase();
  return /^[#*_]/.test(line) && emptyHeadings.has(words);
}
