import { limits } from '../../kit/limits.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { Listed } from '../../plugin/package-lister.ts';

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
export function* distinct(path: string, listed: Iterable<Listed>): Generator<Listed> {
  const seen = new Set<string>();
  let entries = 0;
  let problems = 0;
  for (const item of listed) {
    if (('problem' in item || 'package' in item) && ++entries > limits.packagesPerFile) {
      yield { path, problem: `has more than ${limits.packagesPerFile} entries; the rest was not read` };
      break;
    }
    if ('problem' in item && ++problems > limits.problemsPerFile) continue;
    if ('package' in item && !isNew(item.package, seen)) continue;
    yield item;
  }
  const hidden = problems - limits.problemsPerFile;
  if (hidden > 0) yield { path, problem: `has ${hidden} more problems of the kinds above` };
}

function isNew({ name, version, arch = '' }: ListedPackage, seen: Set<string>): boolean {
  const before = seen.size;
  return seen.add(`${name} ${version} ${arch}`).size > before;
}
