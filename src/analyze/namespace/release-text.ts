import { limits } from '../../core/limits.ts';
import type { Files } from '../../plugin/layer-files.ts';

const controls = /[\p{Cc}\uFEFF]+/gu;
/** More of a line says nothing that could be used, and would make the search for patterns in it slow. */
const lineCharactersMax = 2048;

/**
 * The lines of a release file, without line ends and surrounding spaces; none when the file is absent. Bytes that are no UTF-8
 * become U+FFFD and a mark of byte order is dropped: nothing in such a file is worth refusing it.
 */
export function linesOf(files: Files, path: string): readonly string[] {
  const content = files.get(path)?.subarray(0, limits.releaseFileBytes);
  return new TextDecoder()
    .decode(content)
    .split(/\r?\n|\r/)
    .map((line) => line.slice(0, lineCharactersMax).replace(controls, ' ').trim());
}

/** The first line of a release file that says something; empty when there is none. */
export function firstLineOf(files: Files, path: string): string {
  return linesOf(files, path).find((line) => line !== '') ?? '';
}

const assignment = /^(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/;

/**
 * The assignments of an os-release(5) file, which lsb-release files share. As in a shell the last one of a name stands. Lines
 * that are none are passed over, and spaces around the equals sign are allowed, because both occur.
 */
export function assignmentsOf(files: Files, path: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of linesOf(files, path)) {
    const [, name, value = ''] = assignment.exec(line) ?? [];
    if (name !== undefined) values.set(name, unquote(value.trimStart()));
  }
  return values;
}

/** Takes off the quotes of a shell: within double ones a backslash escapes `"`, `$`, `\` and the backquote. A quote may stay open. */
function unquote(value: string): string {
  const quote = value[0];
  if (quote === "'") return (/^'([^']*)/.exec(value)?.[1] ?? '').trim();
  if (quote !== '"') return value.replace(/\s#.*/s, '').trim();
  const inner = /^"((?:\\.|[^"\\])*)/.exec(value)?.[1] ?? '';
  return inner.replace(/\\(["$\\`])/g, '$1').trim();
}

const word = /^[A-Za-z0-9][\w.~+-]{0,63}$/;

/** The text if it can stand in the name of a namespace: an id, version or codename. */
export function wordOf(text: string | undefined): string | undefined {
  return text !== undefined && word.test(text) ? text : undefined;
}
