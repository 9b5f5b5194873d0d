import { escapeLine } from './untrusted-text.ts';

/** Value of a cell of CSV. A list becomes its texts with blanks between them, and null an empty cell. */
export type CsvValue = string | number | boolean | null | undefined | readonly string[];

/** Returns a line of CSV without its line break (RFC 4180). Line breaks and other control characters in cells become visible escapes. */
export function csvLine(cells: readonly CsvValue[]): string {
  return cells.map((value) => csvCell(textOf(value))).join(',');
}

function textOf(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? value.join(' ') : String(value);
}

/** A spreadsheet runs a cell that begins like a formula, and cells contain text of images. Such a cell gets an apostrophe in front. */
function csvCell(text: string): string {
  const line = escapeLine(text);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${line}` : line;
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
