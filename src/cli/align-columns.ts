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
