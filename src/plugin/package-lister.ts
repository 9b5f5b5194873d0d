import type { ListedPackage } from '../model/package.ts';
import type { Files, PathPattern } from './layer-files.ts';

/** One thing a lister read at `path`: a package, or a problem in words for people that names what is wrong and where. */
export type Listed =
  | { readonly path: string; readonly package: ListedPackage }
  | { readonly path: string; readonly problem: string };

/** Reads a package database or manifest out of the wanted files of one layer. */
export interface PackageLister {
  readonly name: string;
  /** Raised whenever the same files may give another list: layers are then read again. */
  readonly version: number;
  readonly wants: readonly PathPattern[];
  /** Lists what is installed. A damaged file yields a problem and what can still be read; the other files are unharmed. */
  list(files: Files): Iterable<Listed>;
}
