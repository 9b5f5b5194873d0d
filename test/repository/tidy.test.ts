import assert from 'node:assert/strict';
import { basename, dirname } from 'node:path';
import { test } from 'node:test';
import { filesLike, type RepositoryFile } from './tree.ts';

const folders = '{src,test,fuzz,bench,examples,tools,.ci}';
const code = filesLike(`${folders}/**/*.ts`);
const prose = filesLike('*.md', 'docs/**/*.md', 'examples/**/*.md');

const linesMax = 400;
const kebabCase = /^[a-z\d]+(-[a-z\d]+)*(\.test)?\.ts$/;
// In pieces, so that this file does not find itself.
const reminder = new RegExp(
  `\\b(${['TO-DO', 'FIX-ME', 'XX-X'].join('|').replaceAll('-', '')})\\b(?!: \\S+ \\S+ \\S+)`,
);
const machinePath = new RegExp(`["'\`\\s(=]/(${['wo-rk', 'ro-ot', 'ho-me'].join('|').replaceAll('-', '')})/`);

test('files are named in kebab-case', () => {
  const misnamed = code.filter(({ path }) => !kebabCase.test(basename(path))).map(({ path }) => path);
  assert.deepEqual(misnamed, []);
});

test('no source file is long', () => {
  const long = code.filter(
    ({ path, text }) => path.startsWith('src/') && text.split('\n').length > linesMax + 1,
  );
  assert.deepEqual(
    long.map(({ path, text }) => `${path}: ${text.split('\n').length - 1} lines`),
    [],
  );
});

test('every reminder of open work has a reason', () => {
  assert.deepEqual(linesLike([...code, ...prose], reminder), []);
});

test('only the command and the tools write to the console', () => {
  const library = code.filter(({ path }) => path.startsWith('src/') && dirname(path) !== 'src/cli');
  assert.deepEqual(linesLike(library, /\bconsole\s*\./), []);
});

test('no file contains a path of a developer’s machine', () => {
  assert.deepEqual(linesLike([...code, ...prose], machinePath), []);
});

function linesLike(files: readonly RepositoryFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}
