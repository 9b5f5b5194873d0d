import { hashesInMember } from '../../model/package-hash.ts';
import {
  DeclaredFileError,
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  inexact,
} from './declared-format.ts';
import { textLines } from './documents.ts';
import { aliasedPackage, splitAtVersion } from './npm-names.ts';

/** One entry: the descriptors of its first line, and the values of the lines below it. */
interface Entry {
  readonly descriptors: string;
  version?: string;
  /** Written by Yarn 1. */
  integrity?: string;
  /** Written by Yarn 2 and later. */
  resolution?: string;
}

/** Directories of the project itself, and those that it links to. */
const localProtocols = ['workspace:', 'link:', 'portal:'];

/**
 * Lock files of Yarn. Version 1 has a format of its own, later versions write YAML. Both have one entry for each line that is not indented,
 * and two blanks before its values.
 */
export const yarnLock: DeclaredFormat = {
  name: 'yarn-lock',
  type: 'npm',
  files: ['yarn.lock'],
  *read(content) {
    for (const entry of entriesOf(textLines(content))) yield* itemsOf(entry);
  },
};

function* entriesOf(lines: Iterable<string>): Generator<Entry> {
  let entry: Entry | undefined;
  for (const line of lines) {
    if (line === '' || line.startsWith('#') || line === ':') continue;
    if (!line.startsWith(' ')) {
      if (entry !== undefined) yield entry;
      entry = { descriptors: descriptorsIn(line) };
      continue;
    }
    if (entry === undefined)
      throw new DeclaredFileError('is not a lock file of Yarn: its first entry has no name');
    addValue(entry, line);
  }
  if (entry !== undefined) yield entry;
}

/** Returns the descriptors in `"a@^1", a@^2:` or in YAML's form for long keys, `? "a@^1"`. */
function descriptorsIn(line: string): string {
  if (line.startsWith('? ')) return line.slice(2);
  if (!line.endsWith(':'))
    throw new DeclaredFileError('is not a lock file of Yarn: an entry does not end with a colon');
  return line.slice(0, -1);
}

function addValue(entry: Entry, line: string): void {
  const [, key, value = ''] = /^ {2}"?(version|resolution|integrity)"?:? (.*)$/.exec(line) ?? [];
  if (key === 'version') entry.version ??= unquoted(value);
  if (key === 'integrity') entry.integrity ??= unquoted(value);
  if (key === 'resolution') entry.resolution ??= unquoted(value);
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

function* itemsOf({ descriptors, version, integrity, resolution }: Entry): Generator<DeclaredItem> {
  if (descriptors === '__metadata') return;
  const name = resolution === undefined ? nameOf(descriptors) : resolvedName(resolution);
  if (name === undefined) return;
  yield version === undefined ? inexact(name, '') : declaredPackage(name, version, hashesInMember(integrity));
}

/** Returns the name in the first descriptor, `name@range`, or that of the package of an alias, `other@npm:name@range`. */
function nameOf(descriptors: string): string | undefined {
  const [first = ''] = descriptors.replace(/^"/, '').split(/"?,/, 1);
  const { name, version: range } = splitAtVersion(first.replace(/"$/, '')) ?? { name: first, version: '' };
  if (localProtocols.some((protocol) => range.startsWith(protocol))) return undefined;
  return aliasedPackage(range)?.name ?? name;
}

/** Returns the name of a resolved package, `name@npm:1.0.0`. */
function resolvedName(resolution: string): string | undefined {
  const { name, version: source } = splitAtVersion(resolution) ?? { name: resolution, version: '' };
  return localProtocols.some((protocol) => source.startsWith(protocol)) ? undefined : name;
}
