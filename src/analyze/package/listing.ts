import { limits } from '../../kit/limits.ts';
import type { Listed } from '../../plugin/package-lister.ts';

const word = /^[!-~]{1,512}$/;

/**
 * Whether a name or version is one word of printable ASCII of sane length, as every package database here requires.
 * Anything else is damage, and could be neither looked up nor stored.
 */
export function isWord(text: string): boolean {
  return word.test(text);
}

/** A value of a damaged file, made fit for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/**
 * What was listed in one file, each package once, and no more of it than the limits allow: a hostile file may hold millions
 * of entries. Where the limit cuts, a last problem says so.
 */
export function* distinct(path: string, listed: Iterable<Listed>): Generator<Listed> {
  const seen = new Set<string>();
  let problems = 0;
  for (const item of listed) {
    if ('problem' in item) {
      if (++problems <= limits.problemsPerFile) yield item;
      continue;
    }
    const { name, version, arch = '' } = item.package;
    const identity = `${name} ${version} ${arch}`;
    if (seen.has(identity)) continue;
    if (seen.size === limits.packagesPerFile) {
      yield { path, problem: `lists more than ${limits.packagesPerFile} packages; the rest was not read` };
      return;
    }
    seen.add(identity);
    yield item;
  }
  const hidden = problems - limits.problemsPerFile;
  if (hidden > 0) yield { path, problem: `has ${hidden} more problems of the kinds above` };
}
