import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { duplicates, runTokens } from './quality/duplicates.ts';
import {
  circles,
  documented,
  fileSizes,
  functionSizes,
  mutableState,
  type Sizes,
  sizesOf,
} from './quality/figures.ts';
import { dialectWord, exportedTwice, sentenceLengths, shortFiles } from './quality/language.ts';
import { type MutationScore, mutationScore } from './quality/mutation-score.ts';
import { type InstallSize, installSize } from './quality/size.ts';
import { documents, linesIn, productSources, root, shortFileLines, testSources } from './quality/sources.ts';

/**
 * Measures the house and writes docs/quality.md: `npm run quality`. Mutants take minutes and are only tried anew with `--mutants N`, so many of
 * each room; what was measured before stands until then. `--seed` chooses others of them, `--room` another room.
 */
const { values } = parseArgs({
  options: {
    mutants: { type: 'string' },
    seed: { type: 'string', default: '0' },
    room: { type: 'string', multiple: true },
  },
});
const page = join(root, 'docs/quality.md');
const rooms = values.room ?? ['src/version', 'src/match', 'src/analyze'];

const sources = productSources();
const tests = testSources();
const code = linesIn(sources.map(({ text }) => text).join(''));
const tested = linesIn(tests.map(({ text }) => text).join(''));
const { all, without } = documented(sources);
const state = mutableState(sources);
const round = circles(sources);
const runs = duplicates(sources);
const beyondMigrations = runs.filter(
  ({ places }) => !places.every((place) => place.includes('/migrations/')),
);
const dialectLines = [...sources, ...tests, ...documents()]
  .flatMap(({ text }) => text.split('\n'))
  .filter((line) => dialectWord.test(line)).length;
const dead = spawnSync(join(root, 'node_modules/.bin/knip'), ['--no-progress'], { cwd: root });

const rows: readonly (readonly [what: string, here: string, best: string])[] = [
  ['lines of a file, half / nine in ten / largest', sizes(fileSizes(sources)), '60–100 / under 300'],
  ['lines of a function, half / nine in ten / largest', sizes(functionSizes(sources)), '10 / 40'],
  ['circles of imports, types included', String(round.length), '0'],
  ['state of a module that something may change', String(state.length), '0'],
  [
    'exported things with a docstring',
    `${(((all - without.length) / all) * 100).toFixed(0)} % of ${all}`,
    '96 %',
  ],
  [
    `runs of ${runTokens} tokens or more that occur twice`,
    `${beyondMigrations.length}, and ${runs.length - beyondMigrations.length} in migrations`,
    '–',
  ],
  ['unused files, exports and dependencies', dead.status === 0 ? '0' : 'some: npx knip', '0'],
  [
    `files of ${shortFileLines} lines or fewer`,
    `${shortFiles(sources, shortFileLines).length} of ${sources.length}`,
    '–',
  ],
  ['exported names that two files declare', String(exportedTwice(sources).length), '–'],
  ['lines with a word that has a plain term of the field', String(dialectLines), '–'],
  [
    'words of a sentence in documents, half / nine in ten / longest',
    sizes(sizesOf(documents().flatMap(({ text }) => sentenceLengths(text)))),
    '–',
  ],
  ['lines of tests to a line of code', (tested / code).toFixed(2), '1.7'],
];

const size = installSize();
const scores = values.mutants === undefined ? retainedScores() : newScores(Number(values.mutants));
writeFileSync(
  page,
  `# Quality

Made by \`npm run quality\`; mutants by \`npm run quality -- --mutants 150\`. ${sources.length} files, ${code} lines that run for users, ${tested}
lines of tests and what serves them. The last column is the best of the code bases that were read before this one was begun.

| | here | best known |
|---|---|---|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

Migrations say what tables were when they were written, and repeat each other on purpose.

## What is installed

\`npm install\` of the file that \`npm pack\` makes: ${sizeWords(size)}. The command itself is one file, in which most of that is bundled, and takes Node's
modules when they are used. What a dependency brings with it, and what would go if it went:

| | packages | MB | packages that would go | MB |
|---|---:|---:|---:|---:|
${size.dependencies.map(sizeRow).join('\n')}

Why each is there: [0010](adr/0010-dependencies.md). What the start takes: [performance](performance.md#start).

## Mutants

An operator is changed, a condition is made to hold always or never, a number is one off; then the tests of the room that
load the file run. What none of them notices says where tests are weak, or where a change makes no difference. \`--seed\` tries others.

${scores}`,
);
for (const found of [...state, ...without, ...round.map((group) => group.join(' '))]) console.log(found);
for (const { tokens, places } of beyondMigrations) console.log(`${tokens} tokens: ${places.join(' and ')}`);

function sizes({ p50, p90, max }: Sizes): string {
  return `${p50} / ${p90} / ${max}`;
}

function sizeWords({ packages, bytes, ownBytes }: InstallSize): string {
  return `${packages} packages, ${megabytes(bytes)} MB, of which ${megabytes(ownBytes)} are its own`;
}

function sizeRow({ name, packages, bytes, alone }: InstallSize['dependencies'][number]): string {
  return `| ${[name, packages, megabytes(bytes), alone.packages, megabytes(alone.bytes)].join(' | ')} |`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function newScores(count: number): string {
  const measured = rooms.map((room) => {
    const score = mutationScore(room, count, Number(values.seed));
    console.log(`${room}: ${score.noticed} of ${score.tried}`);
    for (const missed of score.missed) console.log(`  missed: ${missed}`);
    return score;
  });
  const lines = measured.map(scoreRow);
  return `| room | mutants | tried | noticed |\n|---|---:|---:|---:|\n${lines.join('\n')}\n`;
}

function scoreRow({ folder, all: there, tried, noticed }: MutationScore): string {
  return `| \`${folder}\` | ${there} | ${tried} | ${noticed} (${((noticed / tried) * 100).toFixed(0)} %) |`;
}

function retainedScores(): string {
  try {
    return readFileSync(page, 'utf8').split(/^(?=\| room )/m)[1] ?? 'Not yet tried.\n';
  } catch {
    return 'Not yet tried.\n';
  }
}
