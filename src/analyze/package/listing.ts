import { limits } from '../../core/limits.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { ListerEvent } from '../../plugin/package-lister.ts';

/** Why an entry of a package database lists no package. */
export type EntryProblem = Omit<Extract<ListerEvent, { readonly problem: string }>, 'path'>;

const word = /^[!-~]{1,512}$/;

/**
 * Whether a name or version is one word of printable ASCII of sane length, as every package database here requires.
 * Anything else is damage, and could be neither looked up nor stored.
 */
export function isWord(text: string): boolean {
  return word.test(text);
}

/** The architecture of a package, where it names a possible one. */
export function archOf(arch: string | undefined): Pick<ListedPackage, 'arch'> {
  return arch !== undefined && isWord(arch) ? { arch } : {};
}

/**
 * What was listed in one file, each package once, and no more of it than the limits allow: a hostile file may hold millions
 * of entries, all of them damaged or all the same. Where the limit cuts, a problem says so.
 */
export function* deduplicated(path: string, listed: Iterable<ListerEvent>): Generator<ListerEvent> {
  const seen = new Map<string, string>();
  let entries = 0;
  let problems = 0;
  for (const item of listed) {
    if (('problem' in item || 'package' in item) && ++entries > limits.packagesPerFile) {
      yield { path, problem: `has more than ${limits.packagesPerFile} entries; the rest was not read` };
      break;
    }
    const kept = 'package' in item ? firstOf(item, seen) : item;
    if (kept === undefined || ('problem' in kept && ++problems > limits.problemsPerFile)) continue;
    yield kept;
  }
  const hidden = problems - limits.problemsPerFile;
  if (hidden > 0) yield { path, problem: `has ${hidden} more problems of the kinds above` };
}

type ListedOne = Extract<ListerEvent, { readonly package: ListedPackage }>;

/** A package that was not listed before; undefined where it was, or the problem that it has another source now. */
function firstOf(item: ListedOne, seen: Map<string, string>): ListerEvent | undefined {
  const { name, version, arch = '', source } = item.package;
  const identity = `${name} ${version} ${arch}`;
  const origin = source === undefined ? '' : `${source.name} ${source.version}`;
  const listedSource = seen.get(identity);
  if (listedSource === undefined) {
    seen.set(identity, origin);
    return item;
  }
  if (listedSource === origin) return undefined;
  return {
    path: item.path,
    problem: `lists ${name} ${version} twice, of different sources; the first stands`,
  };
}
