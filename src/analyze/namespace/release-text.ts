import { limits } from '../../core/limits.ts';
import type { Files } from '../../plugin/layer-files.ts';

const controls = /[\p{Cc}\uFEFF]+/gu;
/** Longer lines are cut. The rest is never useful, and patterns would take quadratic time. */
const lineCharactersMax = 2048;

/**
 * Returns the trimmed lines of a release file; empty if the file is absent. Invalid UTF-8 becomes U+FFFD and a byte
 * order mark is removed: neither is a reason to refuse such a file.
 */
export function releaseLines(files: Files, path: string): readonly string[] {
  const content = files.get(path)?.subarray(0, limits.releaseFileBytes);
  return new TextDecoder()
    .decode(content)
    .split(/\r?\n|\r/)
    .map((line) => line.slice(0, lineCharactersMax).replace(controls, ' ').trim());
}

/** Returns the first non-empty line of a release file, or an empty text. */
export function firstLineOf(files: Files, path: string): string {
  return releaseLines(files, path).find((line) => line !== '') ?? '';
}

const assignment = /^(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/;

/**
 * Returns the assignments of an os-release(5) file, whose format lsb-release files share. The last one of a name
 * counts, as in a shell. Ignores other lines and accepts spaces around the equals sign, since both occur.
 */
export function assignmentsOf(files: Files, path: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of releaseLines(files, path)) {
    const [, name, value = ''] = assignment.exec(line) ?? [];
    if (name !== undefined) values.set(name, unquote(value.trimStart()));
  }
  return values;
}

/**
 * Removes shell quotes. In double quotes a backslash escapes `"`, `$`, `\` and the backquote. A quote may remain open.
 */
function unquote(value: string): string {
  const quote = value[0];
  if (quote === "'") return (/^'([^']*)/.exec(value)?.[1] ?? '').trim();
  if (quote !== '"') return value.replace(/\s#.*/s, '').trim();
  const inner = /^"((?:\\.|[^"\\])*)/.exec(value)?.[1] ?? '';
  return inner.replace(/\\(["$\\`])/g, '$1').trim();
}

const word = /^[A-Za-z0-9][\w.~+-]{0,63}$/;

/** Returns the text if it is valid in the name of a namespace: an id, version or codename. */
export function wordOf(text: string | undefined): string | undefined {
  return text !== undefined && word.test(text) ? text : undefined;
}
