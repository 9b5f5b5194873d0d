import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** The checkout. */
export const root: string = resolve(import.meta.dirname, '../..');

/** A file of the house, parsed. */
export interface Source {
  /** From the root of the checkout. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** What runs for users: no tests, and nothing that serves only them. */
export function productSources(): Source[] {
  return sourcesOf(['src/**/*.ts'], (path) => !isTest(path));
}

/** What tests it, end to end and the tests of the house included. */
export function testSources(): Source[] {
  return sourcesOf(['src/**/*.ts', 'test/**/*.ts'], isTest);
}

/** A file of at most so many lines is short. */
export const shortFileLines = 20;

/** The documents, by their paths. */
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

/** Lines of a text that has its last line break. */
export function linesIn(text: string): number {
  return text.split('\n').length - 1;
}
