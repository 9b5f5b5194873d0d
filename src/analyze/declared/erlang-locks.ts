import {
  DeclaredFileError,
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
} from './declared-format.ts';
import { textLines } from './documents.ts';

/** `"name": {:hex, :package, "1.0.0", …`, and `"name": {:git, "https://…", …`. */
const mixEntry = /^\s*"([^"]+)":\s*\{:(hex|git|path),\s*(?::"?([^",]+)"?,\s*)?"([^"]*)"/;

/** Lock files of Mix: a map of Elixir with one dependency on each line. */
export const mixLock: DeclaredFormat = {
  name: 'mix-lock',
  type: 'hex',
  files: ['mix.lock'],
  *read(content) {
    let isMap = false;
    for (const line of textLines(content)) {
      isMap ||= line.startsWith('%{');
      const text = isMap && line.startsWith('%{') ? line.slice(2) : line;
      if (text.trimStart().startsWith('"')) yield* mixItems(text);
    }
    if (!isMap) throw new DeclaredFileError('is not a map of Elixir');
  },
};

function* mixItems(line: string): Generator<DeclaredItem> {
  const [, key, source, name = key, value = ''] = mixEntry.exec(line) ?? [];
  if (key === undefined || name === undefined)
    yield { kind: 'problem', problem: 'has a line that is not a dependency' };
  else if (source === 'hex') yield declaredPackage(name, value);
  else if (source === 'git') yield fromElsewhere(key, value);
}

/** `{<<"name">>,{pkg,<<"package">>,<<"1.0.0">>},0}`, and `{<<"name">>,{git,"https://…",…},0}`. */
const rebarEntry =
  /\{\s*<<"([^"]*)">>\s*,\s*\{\s*(pkg|git|git_subdir|hg)\s*,\s*(?:<<)?"([^"]*)"(?:>>)?(?:\s*,\s*<<"([^"]*)">>)?/g;

/** Lock files of Rebar: a list of Erlang terms. */
export const rebarLock: DeclaredFormat = {
  name: 'rebar-lock',
  type: 'hex',
  files: ['rebar.lock'],
  *read(content) {
    const lines = [...textLines(content)];
    if (lines.length > 0 && !/^[{[]/.test(lines[0] ?? ''))
      throw new DeclaredFileError('is not a list of Erlang');
    for (const line of lines) yield* rebarItems(line);
  },
};

function* rebarItems(line: string): Generator<DeclaredItem> {
  for (const [, key = '', source, value = '', version] of line.matchAll(rebarEntry)) {
    if (source !== 'pkg') yield fromElsewhere(key, value);
    else if (version !== undefined) yield declaredPackage(value, version);
    else yield { kind: 'problem', problem: 'has a package without a version' };
  }
}
