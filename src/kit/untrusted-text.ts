/**
 * Functions that make untrusted text safe to store, to quote in a message or to print. Untrusted text comes from images, feeds, registries,
 * requests and other files. It may contain control characters, may have any length and may imitate other output.
 *
 * | use                 | for                                               | control characters         | white space           | length |
 * |---------------------|---------------------------------------------------|----------------------------|-----------------------|--------|
 * | `escapeForTerminal` | one value in output that people read              | visible escapes (`\x1b`)   | runs become one blank | cut    |
 * | `escapeLine`        | a whole line whose blanks and length are layout   | visible escapes (`\x1b`)   | blanks are kept       | kept   |
 * | `quoteUntrusted`    | a short name or value in a message, in quotes     | escapes of JSON (`\u001b`) | escapes of JSON       | cut    |
 * | `toSingleLine`      | a longer text in a message, such as another error | become one blank           | runs become one blank | cut    |
 * | `stripControls`     | text that is stored, such as a licence            | become one blank           | blanks are kept       | cut    |
 * | `escapeHtml`        | text of a page or a mail, after one of the others | kept                       | blanks are kept       | kept   |
 *
 * Credentials in text: see `redact.ts`.
 */

/** Characters that a terminal obeys or hides: controls, bidirectional and invisible format characters, unpaired surrogates. */
const terminalControls = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}]/gu;

/** Longer than any real name, version or sentence. */
const defaultLength = 512;

/** Longest text that `quoteUntrusted` quotes whole. */
const quotedLength = 60;

/**
 * Makes text fit for one line of a terminal. White space becomes single blanks, and control characters become visible escapes such as
 * `\x1b`. At most three combining marks follow each other. A text of more than `lengthMax` characters is cut and ends with `…`.
 */
export function escapeForTerminal(text: string, lengthMax = defaultLength): string {
  // Cut first: the cost must not depend on the length of the text, which may be megabytes.
  const head = text.slice(0, lengthMax * 4);
  const visible = head
    .replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029 ]+/g, ' ')
    .trim()
    .replaceAll(terminalControls, toEscape)
    .replaceAll(/(\p{M}{3})\p{M}+/gu, '$1');
  const characters = Array.from(visible);
  if (characters.length <= lengthMax && head.length === text.length) return visible;
  return `${characters.slice(0, lengthMax - 1).join('')}…`;
}

/** Replaces control characters, including line breaks, by visible escapes. Keeps blanks and the whole length. */
export function escapeLine(line: string): string {
  return line.replaceAll(terminalControls, toEscape);
}

/** Puts at most 60 UTF-16 code units of text in double quotes, with JSON escapes for quotes and control characters. */
export function quoteUntrusted(text: string): string {
  const short = JSON.stringify(text.length > quotedLength ? `${text.slice(0, quotedLength)}…` : text);
  // `JSON.stringify` does not escape DEL and the C1 controls, which terminals obey too.
  return short.replace(/\p{Cc}/gu, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

/**
 * Puts text on one line. Runs of white space, control, format and private characters become one blank. Text of more than `lengthMax`
 * UTF-16 code units is cut and ends with `…`.
 */
export function toSingleLine(text: string, lengthMax: number): string {
  const clean = text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  return clean.length > lengthMax ? `${clean.slice(0, lengthMax)}…` : clean;
}

/**
 * Cuts text to `lengthMax` UTF-16 code units and replaces runs of control characters and line separators by one blank. Unpaired
 * surrogates become U+FFFD. Everything else is kept, blanks included.
 */
export function stripControls(text: string, lengthMax = defaultLength): string {
  const cut = text.slice(0, lengthMax);
  // Most texts are printable ASCII.
  return /^[ -~]*$/.test(cut) ? cut : cut.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').toWellFormed();
}

/** Escapes text for HTML, also in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) =>
    char === '&' ? '&amp;' : char === '<' ? '&lt;' : char === '>' ? '&gt;' : `&#${char.charCodeAt(0)};`,
  );
}

function toEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 0x100
    ? `\\x${hex.padStart(2, '0')}`
    : `\\u${code > 0xffff ? `{${hex}}` : hex.padStart(4, '0')}`;
}

/** Decodes percent-encoded text. Undefined if a percent sign or the resulting UTF-8 is invalid. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
