import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { corpus } from '../../src/testing/corpus.ts';
import { inputBytesMax } from './mutation/mutation.ts';

/** Returns the smallest files in a directory of the corpus whose names match. Returns no files if there is no corpus. */
export function corpusFiles(directory: string, name: RegExp, most = 40): Buffer[] {
  const files = under(corpus(directory)).filter((path) => name.test(path));
  return files
    .map((path) => ({ path, size: statSync(path).size }))
    .filter(({ size }) => size > 0 && size <= inputBytesMax)
    .sort((a, b) => a.size - b.size || (a.path < b.path ? -1 : 1))
    .slice(0, most)
    .map(({ path }) => readFileSync(path));
}

function under(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
