/**
 * The parameters of a query as Go's `url.ParseQuery` reads it: a pair with a semicolon or a damaged escape is dropped. Node gives a query
 * as one character a byte; it may begin with a question mark.
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

/** The text of an escaped part; undefined where a percent sign escapes nothing. */
function unescapeQuery(text: string): string | undefined {
  if (/%(?![\da-f]{2})/i.test(text)) return undefined;
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
