import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';

/** The fields of a header that matter. WordPress, `get_plugin_data` and `WP_Theme`. */
export const wordpressFields = [
  ...['Plugin Name', 'Theme Name', 'Version', 'Author', 'License', 'Template', 'Requires Plugins'],
] as const;

/** The name of a field of a header. */
export type WordpressField = (typeof wordpressFields)[number];

/** The non-empty values of a header by field. */
export type WordpressHeader = ReadonlyMap<WordpressField, string>;

const fieldByName: ReadonlyMap<string, WordpressField> = new Map(
  wordpressFields.map((field) => [field.toLowerCase(), field]),
);

/** Text before a field in its line: the start of PHP code, and the marks of comments. */
const lineStart = /^(?:[ \t]*<\?php)?[ \t/*#@]*/i;
/** Marks that end a value before the end of its line. */
const valueEnd = /\*\/|\?>/;

/**
 * Reads the header comment of a plugin or theme as WordPress does (`get_file_data`): each field is in a line of its own, anywhere in the first
 * 8 KiB. Names of fields ignore case, and the first line of a field counts.
 */
export function readWordpressHeader(content: Uint8Array): WordpressHeader {
  const header = new Map<WordpressField, string>();
  const seen = new Set<WordpressField>();
  for (const line of linesOf(content)) {
    const start = lineStart.exec(line)?.[0].length ?? 0;
    const colon = line.indexOf(':', start);
    const field = colon === -1 ? undefined : fieldByName.get(line.slice(start, colon).toLowerCase());
    if (field === undefined || seen.has(field)) continue;
    seen.add(field);
    const [value = ''] = line.slice(colon + 1).split(valueEnd, 1);
    if (value.trim() !== '') header.set(field, value.trim());
  }
  return header;
}

/** The assignment in `wp-includes/version.php`. */
const versionAssignment = /^\s*\$wp_version\s*=\s*(?:'([^']*)'|"([^"]*)")\s*;/;

/** Returns the version of WordPress that `wp-includes/version.php` assigns. Undefined if it assigns none as a text. */
export function readWordpressVersion(content: Uint8Array): string | undefined {
  for (const line of linesOf(content)) {
    const [found, single, double] = versionAssignment.exec(line) ?? [];
    if (found !== undefined) return single ?? double;
  }
  return undefined;
}

function linesOf(content: Uint8Array): string[] {
  const head = bufferView(content).subarray(0, limits.wordpressHeaderBytes).toString('utf8');
  return head.replace(/^\ufeff/, '').split(/[\r\n]/);
}
