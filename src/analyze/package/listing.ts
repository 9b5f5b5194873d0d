import { limits } from '../../core/limits.ts';
import type { ListedPackage } from '../../model/package.ts';
import type { ListerEvent, ListerEventOf } from '../../plugin/package-lister.ts';

/** The reason why an entry of a package database is not a package. */
export type EntryProblem = Omit<ListerEventOf<'problem'>, 'kind' | 'path'>;

const word = /^[!-~]{1,512}$/;

/**
 * Returns whether a name or version is printable ASCII without spaces and within the length limit, as every package
 * database requires. Other text is damage and could not be looked up or stored.
 */
export function isWord(text: string): boolean {
  return word.test(text);
}

/** Returns the architecture of a package if it is valid. */
export function archOf(arch: string | undefined): Pick<ListedPackage, 'arch'> {
  return arch !== undefined && isWord(arch) ? { arch } : {};
}

/**
 * Yields the listed packages of one file without duplicates, up to the limits: a hostile file may have millions of
 * entries. Reports a problem if a limit is reached.
 */
export function* deduplicated(path: string, listed: Iterable<ListerEvent>): Generator<ListerEvent> {
  const seen = new Map<string, string>();
  let entries = 0;
  let problems = 0;
  for (const item of listed) {
    if ((item.kind === 'problem' || item.kind === 'package') && ++entries > limits.packagesPerFile) {
      yield {
        kind: 'problem',
        path,
        problem: `has more than ${limits.packagesPerFile} entries; the rest was not read`,
      };
      break;
    }
    const kept = item.kind === 'package' ? firstOf(item, seen) : item;
    if (kept === undefined || (kept.kind === 'problem' && ++problems > limits.problemsPerFile)) continue;
    yield kept;
  }
  const hidden = problems - limits.problemsPerFile;
  if (hidden > 0) yield { kind: 'problem', path, problem: `has ${hidden} more problems of the kinds above` };
}

/** Returns a package that was not listed before; undefined if it was, or the problem that it now has another source. */
function firstOf(item: ListerEventOf<'package'>, seen: Map<string, string>): ListerEvent | undefined {
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
    kind: 'problem',
    path: item.path,
    problem: `lists ${name} ${version} twice, of different sources; the first one counts`,
  };
}
