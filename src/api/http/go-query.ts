/**
 * Parses a query as Go's `url.ParseQuery` does: pairs with a semicolon or an invalid escape are dropped. The query has one character
 * per byte, as in Node, and may begin with a question mark.
 */
export function parseGoQuery(query: string): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const pair of query.replace(/^\?/, '').split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const name = unescapeQuery(pair.slice(0, equals));
    const value = unescapeQuery(pair.slice(equals + 1));
    if (name !== undefined && value !== undefined) parameters.append(name, value);
  }
  return parameters;
}

/** Decodes an escaped part; undefined if a percent sign is not followed by two hexadecimal digits. */
function unescapeQuery(text: string): string | undefined {
  if (/%(?![\da-f]{2})/i.test(text)) return undefined;
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
