import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** The root directory of the checkout. */
export const root: string = resolve(import.meta.dirname, '../..');

/** A parsed source file of the repository. */
export interface Source {
  /** Path relative to the root of the checkout. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** Returns the product code: no console, no tests and no test helpers. */
export function productSources(): Source[] {
  return sourcesOf(['src/**/*.ts'], (path) => !isTest(path));
}

/** Returns the code of the console. */
export function consoleSources(): Source[] {
  return sourcesOf(['ui/src/**/*.{ts,tsx}'], () => true);
}

/** Returns the tests and test helpers, including end-to-end and repository tests. */
export function testSources(): Source[] {
  return sourcesOf(['src/**/*.ts', 'test/**/*.ts'], isTest);
}

/** Maximum number of lines of a short file. */
export const shortFileLines = 20;

/** Returns the documents, sorted by path. */
export function documents(): Pick<Source, 'path' | 'text'>[] {
  return globSync(['*.md', 'docs/**/*.md'], { cwd: root })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('src/testing/') || path.startsWith('test/');
}

function sourcesOf(patterns: string[], isWanted: (path: string) => boolean): Source[] {
  return globSync(patterns, { cwd: root })
    .filter(isWanted)
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
    });
}

/** Returns the number of lines of a text that ends with a line feed. */
export function linesIn(text: string): number {
  return text.split('\n').length - 1;
}
