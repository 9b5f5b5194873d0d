import { Lines } from './text-lines.ts';

/** Longer lines have no name or version. */
const lineBytesMax = 4096;

/** The separator of a field and its value: that of YAML, or that of TOML and Lua. */
export type FieldSeparator = ':' | '=';

/**
 * Returns the values of scalar fields at the start of a line: `version: 1.0` in YAML, `version = "1.0"` in TOML and Lua. The first field of
 * a name counts. In TOML, the fields of tables do not count. A value of another kind is missing, such as a
 * list, a text of several lines, or an expression of Lua.
 */
export function scalarFields(
  content: Uint8Array,
  separator: FieldSeparator,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const lines = new Lines(content);
  for (let isFirst = true; lines.next(); isFirst = false) {
    const text = lines.beginning(lineBytesMax);
    const line = isFirst ? text.replace(/^\uFEFF/, '') : text;
    if (separator === '=' && line.startsWith('[')) break;
    const at = line.indexOf(separator);
    const name = at === -1 ? '' : line.slice(0, at).trimEnd();
    if (!names.includes(name) || found.has(name)) continue;
    const value = scalarIn(line.slice(at + 1).trim(), separator);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** Returns the value at the start of a text, without quotes and without the comment after it. Only YAML has values without quotes. */
function scalarIn(text: string, separator: FieldSeparator): string | undefined {
  const [quote = ''] = text;
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, 1);
    return end === -1 ? undefined : text.slice(1, end);
  }
  if (quote === '' || separator === '=' || '[{|>&*!#%@`'.includes(quote)) return undefined;
  const comment = text.indexOf(' #');
  return comment === -1 ? text : text.slice(0, comment).trimEnd();
}
