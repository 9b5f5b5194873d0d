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
 * Whether a file may be a package of a language, a program or a library, so that it matters which package of the distribution owns it.
 * Its name begins at `start` and ends before `end`.
 */
export function isOwnableName(place: PlaceOfFiles, text: string, start: number, end: number): boolean {
  if (place.programs === 'all') return true;
  if (place.programs === 'some' && !isDataName(text, start, end)) return true;
  if (place.bundles && isScriptName(text, start, end)) return true;
  if (!mayEndEvidence(text.charCodeAt(end - 2), text.charCodeAt(end - 1))) return false;
  return mayBeNamedEvidence(place.directory, text.slice(start, end));
}

/** As `isOwnableName`, of a path without leading slash. */
export function isOwnable(path: string): boolean {
  const slash = path.lastIndexOf('/');
  return isOwnableName(placeOfFiles(path.slice(0, Math.max(slash, 0))), path, slash + 1, path.length);
}

/** Keeps what the packages of one layer own, as far as the limits allow: a hostile database may name any number of files. */
export class Ownership {
  #filesLeft: number = limits.ownedFilesPerLayer;
  #charactersLeft: number = limits.ownedPathCharactersPerLayer;
  #isFull = false;

  /** Whether something had no room: from then on nothing is kept. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /**
   * Adds a path to the files of a package, as far as the limits allow. An overlong name is no file's. Characters are counted as they are
   * written, since that is what taking a name apart costs: rpm and apk write a directory once for all files in it.
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

  /** Says of the file at `path` that not everything was kept, if so. */
  *problems(path: string): Generator<ListerEvent> {
    if (this.#isFull)
      yield {
        path,
        problem: `names more than ${limits.ownedFilesPerLayer} owned files, or too long ones; the rest was not kept`,
      };
  }
}
