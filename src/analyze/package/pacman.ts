import { quoted } from '../../kit/quoted.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { Listed, PackageLister } from '../../plugin/package-lister.ts';
import { Lines } from '../text-lines.ts';
import { isWord } from './listing.ts';

const lineFeed = 0x0a;
const percent = 0x25;
const directory = 'var/lib/pacman/local/';
const fileName = '/desc';

/** More of a value is not read: none is that long, and it is an impossible one also when cut. */
const valueBytesMax = 4096;

/** The sections whose values are kept. alpm-db-desc(5). */
const sections = { '%NAME%': 'name', '%VERSION%': 'version', '%BASE%': 'base', '%ARCH%': 'arch' } as const;
type Section = keyof typeof sections;

interface Entry {
  name?: string;
  version?: string;
  base?: string;
  arch?: string;
  /** Sections that occur more than once, which the format forbids. */
  readonly repeated: Set<string>;
}

/**
 * Lists the packages of Arch Linux and its kin: pacman's database has a directory for each, named after the package and its version. A
 * file without content is damage here, as an interrupted pacman leaves such: the package is there.
 */
export const pacman: PackageLister = {
  name: 'pacman',
  version: 1,
  wants: [`${directory}*${fileName}`],
  *list(files: Files) {
    for (const [path, content] of files) yield* listFile(path, content);
  },
};

function* listFile(path: string, content: Uint8Array): Generator<Listed> {
  const entry = readEntry(content);
  const item = packageOf(entry);
  const problems = [
    damageOf(content),
    typeof item === 'string' ? item : misplaced(path, item),
    ...Array.from(entry.repeated, (section) => `has the section ${section} more than once; the first stands`),
  ];
  for (const problem of problems) if (problem !== undefined) yield { path, problem };
  if (typeof item !== 'string') yield { path, package: item };
}

function damageOf(content: Uint8Array): string | undefined {
  const zero = content.indexOf(0);
  if (zero !== -1) return `holds a NUL byte at offset ${zero}; a part of it may be lost`;
  if (content.length > 0 && content.at(-1) !== lineFeed)
    return 'ends in the middle of a line; the rest may be cut off';
  return undefined;
}

/** The line after a header is a value whatever it looks like: a description may be `%NAME%`. */
function readEntry(content: Uint8Array): Entry {
  const entry: Entry = { repeated: new Set() };
  const lines = new Lines(content);
  while (lines.next()) {
    const { text, start, end } = lines;
    if (text.charCodeAt(start) !== percent || text.charCodeAt(end - 1) !== percent) continue;
    const header = text.slice(start, end);
    if (!/^%[A-Z\d]+%$/.test(header) || !lines.next()) continue;
    if (isSection(header)) take(entry, header, lines);
  }
  return entry;
}

function isSection(header: string): header is Section {
  return Object.hasOwn(sections, header);
}

function take(entry: Entry, section: Section, { bytes, start, end }: Lines): void {
  const field = sections[section];
  if (entry[field] !== undefined) entry.repeated.add(section);
  else entry[field] = bytes.toString('utf8', start, Math.min(end, start + valueBytesMax));
}

/** The package of an entry, or the problem with it. */
function packageOf({ name, version, base, arch }: Entry): ListedPackage | string {
  if (!name) return 'has no package name';
  if (!isWord(name)) return `has an impossible package name ${quoted(name)}`;
  if (!version) return `package ${name} has no version`;
  if (!isWord(version)) return `package ${name} has an impossible version ${quoted(version)}`;
  // All packages of one base are built together and share its version.
  const source = { name: base || name, version };
  if (!isWord(source.name)) return `package ${name} has an impossible base ${quoted(source.name)}`;
  const item: ListedPackage = { type: 'alpm', name, version, source };
  return arch !== undefined && isWord(arch) ? { ...item, arch } : item;
}

/** Pacman calls a database inconsistent where a directory is not named after what is in it. */
function misplaced(path: string, { name, version }: ListedPackage): string | undefined {
  const place = path.slice(directory.length, -fileName.length);
  return place === `${name}-${version}` ? undefined : `is about ${name} ${version}, unlike its directory`;
}
