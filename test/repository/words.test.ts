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

test('nine in ten sentences of each document have at most 25 words', () => {
  const long = filesLike('*.md', 'docs/**/*.md').filter(({ text }) => {
    const lengths = sentenceLengths(text).sort((a, b) => a - b);
    return (lengths[Math.floor(lengths.length * 0.9)] ?? 0) > 25;
  });
  assert.deepEqual(
    long.map(({ path }) => path),
    [],
  );
});

function findLines(files: readonly RepositoryFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const isException = exceptions.some(([where, what]) => where === path && line.includes(what));
      return pattern.test(line) && !isException ? [`${path}:${index + 1}: ${line.trim()}`] : [];
    }),
  );
}
