import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesLike, type RepositoryFile } from './tree.ts';

/** Words and phrases that nobody in this field would search for. In pieces where this file would find itself. */
const dialect: readonly string[] = [
  't-old',
  't-ells?',
  't-elling',
  'r-ooms?',
  'n-obody',
  's-omebody',
  'w-hoever',
  'a-new',
  'sp-ea(?:k|ks|king) of',
  'sp-oken',
  'h-eed(?:s|ed)?',
  's-trangers?',
  'h-ouse',
  'c-ourier',
  'e-rrand',
  'd-oorkeeper',
  'c-onveyor',
  '(?:is|are) n-one',
  'so l-ong',
  'so m-any',
  'in w-ords',
  'twice o-ver',
  'for g-ood',
  'stands? i-n for',
];
const dialectWord = new RegExp(`\\b(?:${dialect.join('|').replaceAll('-', '')})\\b`, 'i');
const headlessDocstring = /^\s*(?:\/\*\*|\*) (?:What|Who|Whoever) /;

/** Words that mean something else there. */
const exceptions: readonly (readonly [path: string, text: string])[] = [];

/** Folders whose words are not replaced yet. */
const pending: readonly string[] = [
  'src/service/feeds',
  'src/service/findings',
  'src/service/images',
  'src/store/sql',
  'src/testing',
  'src/image',
  'src/cli',
  'src/api',
  'src/kit',
  'src/model',
  'src/match',
  'src/version',
  'src/analyze',
  'test',
  'fuzz',
  'bench',
  'tools',
  'examples',
  '.ci',
  'docs',
  '*.md',
];

const sources = filesLike('{src,test,fuzz,bench,examples,tools,.ci}/**/*.ts', '*.md', 'docs/**/*.md');

test('no file uses a word that has a plain term of the field', () => {
  assert.deepEqual(findLines(sources.filter(isDone), dialectWord), []);
});

test('no docstring begins with a clause instead of a noun or a verb', () => {
  const code = sources.filter(({ path }) => path.endsWith('.ts'));
  assert.deepEqual(findLines(code.filter(isDone), headlessDocstring), []);
});

function isDone({ path }: RepositoryFile): boolean {
  return !pending.some((place) => {
    if (!place.includes('*')) return path.startsWith(`${place}/`);
    const [folder = '', ending = ''] = place.split('*');
    const name = path.slice(folder.length);
    return path.startsWith(folder) && name.endsWith(ending) && !name.includes('/');
  });
}

function findLines(files: readonly RepositoryFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const isException = exceptions.some(([where, what]) => where === path && line.includes(what));
      return pattern.test(line) && !isException ? [`${path}:${index + 1}: ${line.trim()}`] : [];
    }),
  );
}
