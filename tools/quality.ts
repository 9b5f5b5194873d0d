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
import { postPath } from './quality/post-path.ts';
import { scanPath } from './quality/scan-path.ts';
import { type InstallSize, installSize } from './quality/size.ts';
import {
  consoleSources,
  documents,
  linesIn,
  productSources,
  root,
  shortFileLines,
  testSources,
} from './quality/sources.ts';

/**
 * Measures the repository and writes docs/quality.md: `npm run quality`. Mutants take minutes, and run only with `--mutants N`: N per folder.
 * Without it, the page keeps the previous scores. `--seed` selects another sample, and `--folder` another folder.
 */
const { values } = parseArgs({
  options: {
    mutants: { type: 'string' },
    seed: { type: 'string', default: '0' },
    folder: { type: 'string', multiple: true },
  },
});
const document = join(root, 'docs/quality.md');
const folders = values.folder ?? ['src/version', 'src/match', 'src/analyze'];

const program = productSources();
const ofConsole = consoleSources();
const sources = [...program, ...ofConsole];
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
  ['lines per file, p50 / p90 / maximum', sizes(fileSizes(sources)), '60–100 / under 300'],
  ['lines per function, p50 / p90 / maximum', sizes(functionSizes(sources)), '10 / 40'],
  ['import cycles, including types', String(round.length), '0'],
  ['mutable module state', String(state.length), '0'],
  ['exports with a docstring', `${(((all - without.length) / all) * 100).toFixed(0)} % of ${all}`, '96 %'],
  [
    `duplicated runs of ${runTokens} tokens or more`,
    `${beyondMigrations.length}, and ${runs.length - beyondMigrations.length} in migrations`,
    '–',
  ],
  ['unused files, exports and dependencies', dead.status === 0 ? '0' : 'some: npx knip', '0'],
  [
    `files of ${shortFileLines} lines or fewer`,
    `${shortFiles(sources, shortFileLines).length} of ${sources.length}`,
    '–',
  ],
  [
    'exported names that two files declare',
    String(exportedTwice(program).length + exportedTwice(ofConsole).length),
    '–',
  ],
  ['lines with a private word for a common term', String(dialectLines), '–'],
  [
    'words of a sentence in documents, half / nine in ten / longest',
    sizes(sizesOf(documents().flatMap(({ text }) => sentenceLengths(text)))),
    '–',
  ],
  ['lines of tests per line of code', (tested / code).toFixed(2), '1.7'],
];

const scan = scanPath();
const post = postPath();
const size = installSize();
const scores = values.mutants === undefined ? retainedScores() : newScores(Number(values.mutants));
writeFileSync(
  document,
  `# Quality

\`npm run quality\` writes this page. \`npm run quality -- --mutants 150\` also measures mutants. The repository has ${sources.length} files
with ${code} lines of product code, and ${tested} lines of tests and test helpers. The last column is the best value in the
code bases of this field that we reviewed first.

| | here | best known |
|---|---|---|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

Migrations repeat each other on purpose: each describes the tables of its time.

## Call paths

A call path lists the functions on the call stack, with callers that await. \`test/repository/call-paths.test.ts\` measures both paths from
the sources with V8's asynchronous stack traces, and fails above the limit.

| path | at first | here | limit |
|---|---:|---:|---:|
| \`clair scan image.tar\`: frames from \`main\` to the lister of dpkg | 27 | ${scan.length} | 12 |
| the files of these frames | 15 | ${new Set(scan.map(({ file }) => file)).size} | 9 |
| \`POST /v1/layers\` of a URL: functions from the socket to the saved row | 61 | ${post.toRow.length} | 25 |
| its thread: functions from the task to the lister of dpkg | – | ${post.toLister.length} | 7 |

An image that is read on two threads has one frame more.

V8 omits a function that returns a promise without awaiting it. So the path of a posted layer is taken from several stacks,
which include closures and iterators, on both threads. On the main thread, these are the first bytes of the connection, the body, the start of the
ingest, and the row. On the other one, these are the task, the bytes for the thread, and the walk of the layer:

| | function | file |
|---:|---|---|
${post.toRow.map(({ function: name, file }, i) => `| ${i + 1} | \`${name}\` | \`${file}\` |`).join('\n')}

These are not counted:

- The listener of new connections. It only waits for the first bytes.
- The dialect of the database below \`write\`, and Kysely. With SQLite these are \`retryWhileBusy\`, \`retry\` and two closures.
- Two functions for each span, if tracing is on. The request and the layer have one each.

## Installation size

\`npm install\` of the file of \`npm pack\` installs ${sizeText(size)}. The command is one file, which bundles most of that and loads
modules of Node on demand. \`clair scan\` has a file of its own. The table shows each dependency with its own dependencies, and what its removal would save:

| | packages | MB | packages saved | MB |
|---|---:|---:|---:|---:|
${size.dependencies.map(sizeRow).join('\n')}

[0010](adr/0010-dependencies.md) gives the reason for each dependency, and [performance](performance.md#start) the time of the start.

## Mutants

A mutant changes an operator, makes a condition constant, or changes a number by one. Then the tests of its folder that load the
changed file run. A mutant that no test detects shows a weak test, or a change without effect. \`--seed\` selects another sample.

${scores}`,
);
for (const found of [...state, ...without, ...round.map((group) => group.join(' '))]) console.log(found);
for (const { tokens, places } of beyondMigrations) console.log(`${tokens} tokens: ${places.join(' and ')}`);

function sizes({ p50, p90, max }: Sizes): string {
  return `${p50} / ${p90} / ${max}`;
}

function sizeText({ packages, bytes, ownBytes }: InstallSize): string {
  return `${packages} packages of ${megabytes(bytes)} MB, without optional ones. ${megabytes(ownBytes)} MB of that are Clair itself`;
}

function sizeRow({ name, packages, bytes, alone }: InstallSize['dependencies'][number]): string {
  return `| ${[name, packages, megabytes(bytes), alone.packages, megabytes(alone.bytes)].join(' | ')} |`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function newScores(count: number): string {
  const measured = folders.map((folder) => {
    const score = mutationScore(folder, count, Number(values.seed));
    console.log(`${folder}: ${score.noticed} of ${score.tried}`);
    for (const missed of score.missed) console.log(`  missed: ${missed}`);
    return score;
  });
  const lines = measured.map(scoreRow);
  return `| folder | mutants | tried | detected |\n|---|---:|---:|---:|\n${lines.join('\n')}\n`;
}

function scoreRow({ folder, all: there, tried, noticed }: MutationScore): string {
  return `| \`${folder}\` | ${there} | ${tried} | ${noticed} (${((noticed / tried) * 100).toFixed(0)} %) |`;
}

function retainedScores(): string {
  try {
    return readFileSync(document, 'utf8').split(/^(?=\| folder )/m)[1] ?? 'Not yet tried.\n';
  } catch {
    return 'Not yet tried.\n';
  }
}
