import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Report } from '../model/report.ts';
import type { Display } from '../plugin/report-format.ts';
import { type FindingRow, findingRows } from './finding-rows.ts';
import { columnsFor, type FindingsColumn } from './findings-columns.ts';
import { groupTitle, locationTexts } from './package-places.ts';
import { lowConfidenceText } from './report-text.ts';
import { foldCell, padText, paint, shortenText, textWidth } from './terminal-text.ts';

const gap = 2;

/** Minimum width of a folded column: that of the longest heading. */
const columnWidthMin = 13;
/** Minimum width of the description, which is otherwise left out. */
const descriptionColumnsMin = 24;
/** Width of the table, descriptions included, without a terminal. */
const pageColumns = 140;

interface SizedColumn {
  readonly column: FindingsColumn;
  readonly cells: readonly string[];
  width: number;
}

/**
 * Renders the findings as aligned lines, in the order of the display. Packages of languages are grouped by package manager and place. The
 * group with the first finding comes first.
 */
export function* findingLines(report: Report, display: Display): Iterable<string> {
  const all = findingRows(report.matches, display.order);
  const groups = [...Map.groupBy(all, ({ match }) => groupTitle(match.package, report))];
  const columns = sizeColumns(
    groups.flatMap(([, rows]) => rows),
    display,
  );
  const locations = display.detail === true ? locationTexts(report) : new Map<string, readonly string[]>();
  const headings = columns.map(({ column }) => column.heading);
  yield paint(alignedLine(headings, columns), 'bold', display);
  let index = 0;
  for (const [title, rows] of groups) {
    if (index > 0) yield '';
    if (isTitled(groups)) yield paint(title, 'bold', display);
    for (const row of rows) yield* rowLines(row, index++, { columns, display });
    yield* locationLines(rows, locations);
    if (display.detail === true) yield* confidenceLines(rows);
  }
}

/** Renders all locations of the packages of some rows, each package once. */
function* locationLines(
  rows: readonly FindingRow[],
  locations: ReadonlyMap<string, readonly string[]>,
): Iterable<string> {
  const packages = new Map(rows.map(({ match }) => [match.package.purl, match.package]));
  for (const [purl, { name, version }] of packages)
    for (const place of locations.get(purl) ?? [])
      yield `  ${escapeForTerminal(`${name} ${version}`)}: ${place}`;
}

/** Names the findings of each package that have evidence of low confidence only. */
function* confidenceLines(rows: readonly FindingRow[]): Iterable<string> {
  const doubtful = rows.filter(
    ({ match: { evidence } }) =>
      evidence.length > 0 && evidence.every(({ confidence }) => confidence === 'low'),
  );
  const packages = Map.groupBy(doubtful, ({ match }) => `${match.package.name} ${match.package.version}`);
  for (const [name, own] of packages) {
    const ids = own.map(({ match }) => match.vulnerability.id).join(', ');
    yield `  ${escapeForTerminal(`${name}: ${ids}`)}: confidence ${lowConfidenceText}`;
  }
}

/** Returns whether groups have titles. The packages of a distribution alone need none. */
function isTitled(groups: readonly (readonly [string, readonly FindingRow[]])[]): boolean {
  return groups.length > 1 || groups.some(([, rows]) => rows[0]?.match.package.evidence !== undefined);
}

/** Returns the columns that fit the terminal, none wider than its content. */
function sizeColumns(rows: readonly FindingRow[], display: Display): SizedColumn[] {
  const all = columnsFor(rows).map((column): SizedColumn => {
    const cells = rows.map((row) => column.cell(row, display));
    const width = cells.reduce((max, cell) => Math.max(max, textWidth(cell)), column.heading.length);
    return { column, cells, width };
  });
  const { columns } = display;
  const fixed = all.filter(({ column }) => column.overflow !== 'cut');
  const sized = columns === undefined ? fixed : fitColumns(fixed, columns);
  const cut = all.find(({ column }) => column.overflow === 'cut');
  if (cut === undefined) return sized;
  const left = (columns ?? pageColumns) - total(sized) - gap;
  return left < descriptionColumnsMin ? sized : [...sized, { ...cut, width: Math.min(left, cut.width) }];
}

/** Makes columns fit: drops optional ones from the right, then folds versions, then names. */
function fitColumns(all: readonly SizedColumn[], columns: number): SizedColumn[] {
  const sized = [...all];
  const dropped = (): number => sized.findLastIndex(({ column }) => column.overflow === 'optional');
  while (total(sized) > columns && dropped() >= 0) sized.splice(dropped(), 1);
  for (const use of ['folded-first', 'folded'] as const)
    narrowColumns(sized, { columns, candidates: sized.filter(({ column }) => column.overflow === use) });
  return sized;
}

/** Narrows the widest candidates until the columns fit or the minimum width is reached. */
function narrowColumns(
  sized: readonly SizedColumn[],
  { columns, candidates }: { readonly columns: number; readonly candidates: readonly SizedColumn[] },
): void {
  while (total(sized) > columns) {
    const widest = Math.max(...candidates.map(({ width }) => width));
    const column = candidates.find(({ width }) => width === widest);
    if (column === undefined || widest <= columnWidthMin) return;
    column.width--;
  }
}

function total(columns: readonly SizedColumn[]): number {
  return columns.reduce((sum, { width }) => sum + width, gap * (columns.length - 1));
}

/** Renders a row. A cell that does not fit continues on the next line; only the description is cut. */
function* rowLines(
  row: FindingRow,
  index: number,
  { columns, display }: { readonly columns: readonly SizedColumn[]; readonly display: Display },
): Iterable<string> {
  const folded = columns.map(({ column, cells, width }) => {
    const cell = cells[index] ?? '';
    return column.overflow === 'cut' ? [shortenText(cell, width)] : foldCell(cell, width);
  });
  const height = Math.max(...folded.map((lines) => lines.length));
  for (let line = 0; line < height; line++) {
    const cells = folded.map((lines) => lines[line] ?? '');
    yield alignedLine(cells, columns, (text, position) => {
      const style = columns[position]?.column.style?.(row);
      return style === undefined ? text : paint(text, style, display);
    });
  }
}

/** Joins cells into a line. Padding is not coloured, and the line has no trailing blanks. */
function alignedLine(
  cells: readonly string[],
  columns: readonly SizedColumn[],
  colored: (text: string, position: number) => string = (text) => text,
): string {
  const last = cells.findLastIndex((cell) => cell !== '');
  let line = '';
  for (const [position, { width }] of columns.entries()) {
    if (position > last) break;
    const cell = cells[position] ?? '';
    const blanks = position === last ? '' : padText('', width + gap - textWidth(cell));
    line += (cell === '' ? '' : colored(cell, position)) + blanks;
  }
  return line;
}
