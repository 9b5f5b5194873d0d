import { styleText } from 'node:util';
import type { Display } from '../plugin/report-format.ts';

/** Characters that take two columns: Unicode TR11 classes W and F, and emoji. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Combining marks, which take no column. */
const mark = /^[\p{Mn}\p{Me}]/u;

/** Returns the width of a text, in columns of a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Pads a text with blanks to a width, in columns. */
export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** Cuts a text to a width, in columns. An ellipsis marks the cut. */
export function shortenText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return `${prefixOf(text, width - 1).trimEnd()}…`;
}

/** Folds a version or name into lines of at most `width` columns, after punctuation if possible. */
export function foldCell(text: string, width: number): string[] {
  return foldPieces(text.match(/[^-.:+~_/ ]+[-.:+~_/ ]?|[-.:+~_/ ]/g) ?? [], width);
}

/** Folds a sentence into lines of at most `width` columns, at blanks if possible. */
export function foldWords(text: string, width: number): string[] {
  return foldPieces(text.match(/[^ ]+ ?| /g) ?? [], width);
}

function foldPieces(pieces: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    if (line !== '' && textWidth(line + piece.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
    while (textWidth(line.trimEnd()) > width) {
      const head = prefixOf(line, width);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line.trimEnd()];
}

/** Returns the longest prefix that fits into a width; at least one character, so that folding terminates. */
function prefixOf(text: string, width: number): string {
  let prefix = '';
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width && prefix !== '') break;
    prefix += character;
  }
  return prefix;
}

function characterWidth(character: string): number {
  if (character < '\x7f') return 1;
  if (mark.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** One or more styles of `styleText` from `node:util`. */
export type Style = Parameters<typeof styleText>[0];

/** Styles a text if the display has colours. */
export function paint(text: string, style: Style, display: Display): string {
  return display.colors ? styleText(style, text, { validateStream: false }) : text;
}
