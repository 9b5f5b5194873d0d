import { escapeForTerminal } from '../kit/untrusted-text.ts';
import { padText, textWidth } from '../report/terminal-text.ts';

/** Renders rows of cells, the heading first, as lines with aligned columns. Escapes control characters. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map((cell) => escapeForTerminal(cell)));
  const count = Math.max(0, ...shown.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(...shown.map((row) => textWidth(row[i] ?? ''))),
  );
  return shown.map((row) =>
    row
      .map((cell, i) => padText(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Returns rows without the column of a heading if it has nothing but `-`. */
export function withoutEmptyColumn(
  rows: readonly (readonly string[])[],
  name: string,
): readonly (readonly string[])[] {
  const [heading = [], ...others] = rows;
  const column = heading.indexOf(name);
  if (others.some((row) => row[column] !== '-')) return rows;
  return rows.map((row) => row.toSpliced(column, 1));
}
