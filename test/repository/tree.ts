import { existsSync, globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const made = ['node_modules', 'dist', 'coverage'];

/** A file of this repository. */
export interface RepositoryFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** The files that match a pattern, by path; what tools made is left out. None at all is an error: a test of nothing passes. */
export function filesLike(...patterns: readonly string[]): RepositoryFile[] {
  const paths = globSync(patterns, { cwd: root, exclude: (name) => made.includes(name) });
  if (paths.length === 0) throw new Error(`no file is like ${patterns.join(', ')}`);
  return paths.sort().map((path) => ({ path, text: readFileSync(resolve(root, path), 'utf8') }));
}

/** The text of one file; empty when there is none. */
export function textOf(path: string): string {
  const absolute = absolutePath(path);
  return existsSync(absolute) ? readFileSync(absolute, 'utf8') : '';
}

/** Where a file of the repository lies. */
export function absolutePath(path: string): string {
  return resolve(root, path);
}
