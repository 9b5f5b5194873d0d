/** What a terminal obeys instead of showing: controls, bidirectional and invisible format characters, unpaired surrogates. */
const terminalControls = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}]/gu;

/** Longer than any name, version or sentence that means something. */
const charactersMax = 512;

/**
 * A text from outside, fit for one line of a terminal: line breaks become blanks, whatever a terminal would obey becomes
 * a visible escape such as `\x1b`, and the length is bounded.
 */
export function escapeForTerminal(text: string, lengthMax = charactersMax): string {
  // Cut before anything else is done with it: a name of megabytes must not cost more than its beginning.
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

/** A line of which blanks and length are meant: only what a terminal would obey becomes a visible escape. */
export function escapeLine(line: string): string {
  return line.replaceAll(terminalControls, toEscape);
}

function toEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 0x100
    ? `\\x${hex.padStart(2, '0')}`
    : `\\u${code > 0xffff ? `{${hex}}` : hex.padStart(4, '0')}`;
}
