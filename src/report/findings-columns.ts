import { shownText } from '../kit/shown-text.ts';
import type { Severity } from '../model/severity.ts';
import type { Display } from '../plugin/report-format.ts';
import { isFixable } from './finding.ts';
import type { FindingRow } from './finding-rows.ts';
import type { Style } from './paint.ts';
import { advisoryCell, epssCell, fixCellOf } from './report-words.ts';

/** A column of the table of findings. */
export interface Column {
  readonly heading: string;
  /** What becomes of it in a narrow terminal. */
  readonly use: 'kept' | 'folded-first' | 'folded' | 'optional' | 'cut';
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

const always: readonly Column[] = [
  { heading: 'PACKAGE', use: 'folded', cell: packageCell },
  { heading: 'INSTALLED', use: 'folded-first', cell: ({ match }) => shownText(match.package.version) },
  { heading: 'VULNERABILITY', use: 'folded', cell: ({ match }) => shownText(match.vulnerability.id) },
  {
    heading: 'SEVERITY',
    use: 'kept',
    cell: ({ match }) => match.vulnerability.severity,
    style: ({ match }) => severityStyles[match.vulnerability.severity],
  },
  {
    heading: 'FIXED IN',
    use: 'folded-first',
    cell: ({ match }) => shownText(fixCellOf(match)),
    style: ({ match }) => (isFixable(match) ? undefined : 'dim'),
  },
];

/** Columns for what is known of some findings only. */
const known: readonly Column[] = [
  {
    heading: 'KEV',
    use: 'kept',
    cell: ({ match }) => (match.vulnerability.kev === true ? 'yes' : ''),
    style: () => ['bold', 'red'],
  },
  { heading: 'EPSS', use: 'optional', cell: ({ match }) => epssCell(match.vulnerability.epss) },
  {
    heading: 'ADVISORY',
    use: 'optional',
    cell: ({ match }) => advisoryCell(match),
  },
  { heading: 'DESCRIPTION', use: 'cut', cell: descriptionCell },
];

/** The columns that the rows have content for. */
export function columnsFor(rows: readonly FindingRow[]): Column[] {
  const wide: Display = { colors: false };
  return [...always, ...known.filter(({ cell }) => rows.some((row) => cell(row, wide) !== ''))];
}

/** The packages of a row: all of them where there is no terminal, so that each can be searched for. */
function packageCell({ match, names, count }: FindingRow, { columns }: Display): string {
  const { name, source } = match.package;
  const all = names.map((each) => shownText(each)).join(', ');
  if (names.length === 1) return count === 1 ? all : `${all} (${count}x)`;
  if (columns === undefined || all.length <= namesCharactersMax) return all;
  return `${shownText(source?.name ?? name)} (${names.length} pkgs)`;
}

/** Advisories of rpm distributions describe the product, and not the vulnerability. */
function descriptionCell({ match }: FindingRow): string {
  return match.package.type === 'rpm' ? '' : shownText(match.vulnerability.description ?? '');
}
