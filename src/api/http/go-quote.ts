const namedEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Quotes a text as `strconv.Quote` of Go does: characters that are not printable are escaped. */
export function goQuote(text: string, mark: '"' | "'" = '"'): string {
  const escaped = Array.from(text.toWellFormed(), (char) =>
    char === mark ? `\\${mark}` : (namedEscapes[char] ?? (isPrintable(char) ? char : hexEscape(char))),
  );
  return `${mark}${escaped.join('')}${mark}`;
}

/** As `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and U+0020 as the only space. */
function isPrintable(char: string): boolean {
  return char === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char);
}

function hexEscape(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x1_0000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}
