import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialectWord, headlessDocstring, sentenceLengths } from '../../tools/quality/language.ts';
import { filesLike, type RepositoryFile } from './tree.ts';

/** Words that mean something else there. */
const exceptions: readonly (readonly [path: string, text: string])[] = [
  ['CHANGELOG.md', '`StreamedLayer` (`ArrivingLayer`)'],
  ['docs/adr/0013-postgresql.md', 'PostgreSQL refuses to run as root'],
];

const sources = filesLike(
  '{src,test,fuzz,bench,examples,tools,ui/src,.ci}/**/*.{ts,tsx}',
  '*.md',
  'docs/**/*.md',
);

test('no file uses a word that has a plain term of the field', () => {
  assert.deepEqual(findLines(sources, dialectWord), []);
});

test('no docstring begins with a clause instead of a noun or a verb', () => {
  const code = sources.filter(({ path }) => path.endsWith('.ts'));
  assert.deepEqual(findLines(code, headlessDocstring), []);
});

test('no sentence of a document has more than 25 words', () => {
  const long = filesLike('*.md', 'docs/**/*.md', 'examples/**/*.md').flatMap(({ path, text }) => {
    const count = sentenceLengths(text).filter((words) => words > 25).length;
    return count === 0 ? [] : [`${path}: ${count}`];
  });
  assert.deepEqual(long, []);
});

function findLines(files: readonly RepositoryFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const isException = exceptions.some(([where, what]) => where === path && line.includes(what));
      return pattern.test(line) && !isException ? [`${path}:${index + 1}: ${line.trim()}`] : [];
    }),
  );
}
