/** Wide characters take two columns: Unicode TR11 classes W and F, and what is drawn as an emoji. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Marks sit on the character before them. */
const mark = /^[\p{Mn}\p{Me}]/u;

/** Columns of a terminal that a shown text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text filled with blanks to a width. */
export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** The text cut to a width, with an ellipsis where something is missing. */
export function shortenText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return `${prefixOf(text, width - 1).trimEnd()}…`;
}

/** The whole of a version or name in lines of at most `width` columns, broken after punctuation where possible. */
export function foldCell(text: string, width: number): string[] {
  return foldPieces(text.match(/[^-.:+~_/ ]+[-.:+~_/ ]?|[-.:+~_/ ]/g) ?? [], width);
}

/** A sentence in lines of at most `width` columns, broken at blanks where possible. */
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

/** The longest beginning that fits into a width; at least one character, so that folding comes to an end. */
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
