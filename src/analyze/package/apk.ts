import type { ListedPackage } from '../../model/package.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { Listed, PackageLister } from '../../plugin/package-lister.ts';
import { lineEnd } from '../deb822.ts';
import { distinct, isWord, quoted } from './listing.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;

/** The letters read; every other line is skipped, whatever it is. apk-installed(5). */
const letters = { P: 'name', V: 'version', A: 'arch', o: 'origin' } as const;
const fieldOf: readonly (keyof Entry | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => letters[String.fromCharCode(code) as keyof typeof letters],
);

interface Entry {
  name?: string;
  version?: string;
  arch?: string;
  origin?: string;
}

/**
 * Lists Alpine packages. Virtual packages (`.build-deps`) are left out: they only hold a list of dependencies, no file and no
 * code, and their versions are dates.
 */
export const apk: PackageLister = {
  name: 'apk',
  version: 1,
  wants: ['lib/apk/db/installed', 'usr/lib/apk/db/installed'],
  *list(files: Files) {
    for (const path of apk.wants) {
      const content = files.get(path);
      if (content !== undefined) yield* distinct(path, listFile(path, content));
    }
  },
};

function* listFile(path: string, content: Uint8Array): Generator<Listed> {
  const damage = damageOf(content);
  if (damage !== undefined) yield { path, problem: damage };
  let entries = 0;
  for (const entry of readEntries(content)) {
    entries++;
    const item = readEntry(entry, entries);
    if (typeof item === 'string') yield { path, problem: item };
    else if (item !== undefined) yield { path, package: item };
  }
  if (entries === 0 && content.length > 0)
    yield { path, problem: 'holds no package entry; it may be no apk database' };
}

function damageOf(content: Uint8Array): string | undefined {
  // An image built with `apk --root` and no package at all has an empty database; one that lost it has the same.
  if (content.length === 0) return 'is empty; the packages of this image are unknown';
  const zero = Buffer.from(content.buffer, content.byteOffset, content.length).indexOf(0);
  if (zero !== -1) return `holds a NUL byte at offset ${zero}; a part of it may be lost`;
  if (content.at(-1) !== lineFeed) return 'ends in the middle of a line; the rest may be cut off';
  return undefined;
}

/** Entries end with an empty line. */
function* readEntries(bytes: Uint8Array): Generator<Entry> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // One byte is one character here: a place in the text is a place in the bytes.
  const text = buffer.toString('latin1');
  let entry: Entry | undefined;
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = lineEnd(text, start);
    const stop = text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
    const field = text.charCodeAt(start + 1) === colon ? fieldOf[text.charCodeAt(start)] : undefined;
    if (field !== undefined) {
      entry ??= {};
      entry[field] ??= buffer.toString('utf8', start + 2, stop);
    } else if (stop === start && entry !== undefined) {
      yield entry;
      entry = undefined;
    }
  }
  if (entry !== undefined) yield entry;
}

/** The package of an entry, undefined when it is virtual, or the problem with it. */
function readEntry(
  { name, version, arch, origin }: Entry,
  number: number,
): ListedPackage | string | undefined {
  if (!name) return `entry ${number} has no name`;
  if (name.startsWith('.')) return undefined;
  if (!isWord(name)) return `entry ${number} has an impossible package name ${quoted(name)}`;
  if (!version) return `package ${name} has no version`;
  if (!isWord(version)) return `package ${name} has an impossible version ${quoted(version)}`;
  // All packages of one origin share its version. Databases of old, and packages made by hand, have no origin.
  const source = { name: origin || name, version };
  if (!isWord(source.name)) return `package ${name} has an impossible origin ${quoted(source.name)}`;
  return arch ? { type: 'apk', name, version, arch, source } : { type: 'apk', name, version, source };
}
