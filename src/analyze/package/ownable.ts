import { limits } from '../../core/limits.ts';
import { cleanPath, isOverlong } from '../../kit/tar/path.ts';
import { mayBeNamedEvidence, mayEndEvidence } from '../../model/evidence/by-name.ts';
import {
  isDataName,
  isScriptName,
  type PlaceOfFiles,
  placeOfFiles,
} from '../../model/evidence/program-names.ts';
import type { ListerEvent } from '../../plugin/package-lister.ts';

/**
 * Returns whether a file may be a language package, a program or a library, for which the owning distribution package
 * matters. Its name begins at `start` and ends before `end`.
 */
export function isOwnableName(place: PlaceOfFiles, text: string, start: number, end: number): boolean {
  if (place.programs === 'all') return true;
  if (place.programs === 'some' && !isDataName(text, start, end)) return true;
  if (place.bundles && isScriptName(text, start, end)) return true;
  if (!mayEndEvidence(text.charCodeAt(end - 2), text.charCodeAt(end - 1))) return false;
  return mayBeNamedEvidence(place.directory, text.slice(start, end));
}

/** Like `isOwnableName`, for a path without leading slash. */
export function isOwnable(path: string): boolean {
  const slash = path.lastIndexOf('/');
  return isOwnableName(placeOfFiles(path.slice(0, Math.max(slash, 0))), path, slash + 1, path.length);
}

/** Collects the owned files of one layer up to the limits: a hostile database may name any number of files. */
export class Ownership {
  #filesLeft: number = limits.ownedFilesPerLayer;
  #charactersLeft: number = limits.ownedPathCharactersPerLayer;
  #isFull = false;

  /** Whether a limit was reached. Nothing more is kept from then on. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /**
   * Adds a path to the files of a package, up to the limits. Ignores overlong names. Counts characters as written,
   * which is the cost of parsing: rpm and apk write a directory once for all its files.
   */
  add(files: string[], name: string): void {
    if (isOverlong(name) || this.#isFull) return;
    this.#isFull = this.#filesLeft === 0 || this.#charactersLeft < name.length;
    if (this.#isFull) return;
    this.#filesLeft--;
    this.#charactersLeft -= name.length;
    const path = cleanPath(name);
    if (path !== '') files.push(path);
  }

  /** Yields a problem for the file at `path` if a limit was reached. */
  *problems(path: string): Generator<ListerEvent> {
    if (this.#isFull)
      yield {
        kind: 'problem',
        path,
        problem: `names more than ${limits.ownedFilesPerLayer} owned files, or too long ones; the rest was not kept`,
      };
  }
}
