import { shownText } from '../kit/shown-text.ts';
import type { Match } from '../model/report.ts';
import type { Severity } from '../model/severity.ts';
import type { Display } from '../plugin/report-format.ts';
import { compareWorstFirst } from './finding.ts';
import { paint, type Style } from './paint.ts';
import { fixCell } from './report-words.ts';
import { foldCell, padText, shortenText, textWidth } from './terminal-text.ts';

const headings = ['PACKAGE', 'INSTALLED', 'VULNERABILITY', 'SEVERITY', 'FIXED IN', 'DESCRIPTION'] as const;
const severityColumn = 3;
const fixColumn = 4;
const gap = 2;

/** No column is made narrower than this, the longest heading, to fit a terminal. */
const narrowest = 13;
/** A description in fewer columns says nothing. */
const descriptionColumnsMin = 24;
/** The width that descriptions are cut to where there is no terminal. */
const pageColumns = 140;

const severityStyles: Readonly<Record<Severity, Style>> = {
  Defcon1: ['bold', 'red'],
  Critical: ['bold', 'red'],
  High: 'red',
  Medium: 'yellow',
  Low: 'cyan',
  Negligible: 'dim',
  Unknown: 'dim',
};

interface Row {
  /** One text a column, the description last. */
  readonly cells: readonly string[];
  readonly severity: Severity;
  readonly fixed: boolean;
}

/** The findings as aligned lines, worst first. */
export function* findingLines(matches: readonly Match[], display: Display): Iterable<string> {
  const rows = rowsOf(matches);
  const widths = columnWidths(rows, display.columns);
  const heading = alignedLine(headings, widths);
  yield paint(heading, 'bold', display);
  for (const row of rows) yield* rowLines(row, widths, display);
}

/** Rows worst first; a package installed several times is one row with a count. */
function rowsOf(matches: readonly Match[]): Row[] {
  const rows = new Map<string, { match: Match; count: number }>();
  for (const match of matches.toSorted(compareWorstFirst)) {
    const key = JSON.stringify([match.package.type, ...plainCells(match)]);
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { match, count: 1 });
    else row.count++;
  }
  return [...rows.values()].map(({ match, count }) => {
    const [name = '', ...others] = plainCells(match);
    return {
      cells: [count === 1 ? name : `${name} (${count}x)`, ...others],
      severity: match.vulnerability.severity,
      fixed: match.fix.state === 'fixed',
    };
  });
}

function plainCells(match: Match): string[] {
  const { package: found, vulnerability } = match;
  return [found.name, found.version, vulnerability.id, vulnerability.severity, fixCell(match.fix)]
    .map((cell) => shownText(cell))
    .concat(shownText(vulnerability.description ?? ''));
}

/** Widths that fit the terminal: the widest columns give way first, what is left over is the description's. */
function columnWidths(rows: readonly Row[], columns: number | undefined): number[] {
  const natural = headings.map((heading, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row.cells[column] ?? '')), heading.length),
  );
  const widths = natural.slice(0, -1);
  if (columns !== undefined) narrow(widths, columns);
  const room = (columns ?? pageColumns) - total(widths) - gap;
  const described = rows.some((row) => row.cells.at(-1) !== '');
  const width = Math.min(room, natural.at(-1) ?? 0);
  return described && room >= descriptionColumnsMin ? [...widths, width] : widths;
}

function narrow(widths: number[], columns: number): void {
  while (total(widths) > columns) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) return;
    widths[widths.indexOf(widest)] = widest - 1;
  }
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, gap * (widths.length - 1));
}

/** A row: whatever does not fit its column goes on in the next line, only the description is cut. */
function* rowLines(row: Row, widths: readonly number[], display: Display): Iterable<string> {
  const folded = widths.map((width, column) => {
    const cell = row.cells[column] ?? '';
    return column > fixColumn ? [shortenText(cell, width)] : foldCell(cell, width);
  });
  const height = Math.max(...folded.map((lines) => lines.length));
  for (let line = 0; line < height; line++) {
    const cells = folded.map((lines) => lines[line] ?? '');
    yield alignedLine(cells, widths, (text, column) => {
      if (column === severityColumn) return paint(text, severityStyles[row.severity], display);
      return column === fixColumn && !row.fixed ? paint(text, 'dim', display) : text;
    });
  }
}

/** Cells side by side; blanks lie outside the colours and not at the end of the line. */
function alignedLine(
  cells: readonly string[],
  widths: readonly number[],
  colored: (text: string, column: number) => string = (text) => text,
): string {
  const last = cells.findLastIndex((cell, column) => column < widths.length && cell !== '');
  let line = '';
  for (const [column, width] of widths.entries()) {
    if (column > last) break;
    const cell = cells[column] ?? '';
    const blanks = column === last ? '' : padText('', width + gap - textWidth(cell));
    line += (cell === '' ? '' : colored(cell, column)) + blanks;
  }
  return line;
}
