/**
 * Runs the tests that state properties again and again, each time with other random values. A failed test prints its seed and the values. Run:
 *
 *     node fuzz/properties/main.ts [--seconds 600] [--files 'src/**\/*.test.ts']
 *
 * Exits with 1 after the first failure.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    files: { type: 'string', default: 'src/**/*.test.ts' },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error('usage: main.ts [--seconds N] [--files GLOB], with a number above 0');

const files = globSync(values.files).filter((file) => readFileSync(file, 'utf8').includes("'fast-check'"));
if (files.length === 0) throw new Error(`no tests with properties match ${values.files}`);

const started = performance.now();
let rounds = 0;
do {
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=dot', ...files], {
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
  });
  rounds++;
  if (status === 0) continue;
  console.log(stdout);
  process.exitCode = 1;
  break;
} while (performance.now() - started < seconds * 1000);
console.log(
  `${rounds} rounds of ${files.length} files in ${Math.round((performance.now() - started) / 1000)} s`,
);
