/**
 * Inserts long runs of characters that patterns repeat into valid feeds and files of images. Checks that reading takes linear time.
 *
 *     node fuzz/long-runs/main.ts --seconds 600 [--mib 16] [--subject debian] [--seed 1]
 *     node fuzz/long-runs/main.ts --every [--subject debian]
 *
 * `--every` tries every run of 64 KiB at every place. Without it, runs and places are random. Exits with 0 if it finds no fault, 1 if it
 * finds one, 2 if the subject does not exist.
 */
import { parseArgs } from 'node:util';
import { analyzerSubjects } from './analyzers.ts';
import { everyCase, randomCases } from './cases.ts';
import { feedSubjects } from './feeds.ts';
import { bounds, describe, Judge } from './judge.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      mib: { type: 'string', default: '16' },
      subject: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      every: { type: 'boolean', default: false },
    },
  });
  const all = [...feedSubjects(), ...analyzerSubjects()];
  const subjects = all.filter(({ name }) => values.subject === undefined || name === values.subject);
  if (subjects.length === 0) {
    process.stderr.write(`--subject takes ${all.map(({ name }) => name).join('|')}\n`);
    return 2;
  }
  process.stdout.write(`seed ${values.seed}, ${subjects.length} subjects\n`);
  const end = values.every ? Number.POSITIVE_INFINITY : performance.now() + Number(values.seconds) * 1000;
  const cases = values.every
    ? everyCase(subjects, 64 * 1024)
    : randomCases(subjects, Number(values.mib) * 2 ** 20, Number(values.seed));
  await using judge = new Judge(bounds);
  let [count, faults] = [0, 0];
  for (const wanted of cases) {
    if (performance.now() > end) break;
    const fault = await judge.faultOf(wanted);
    count++;
    if (fault === undefined) continue;
    faults++;
    process.stdout.write(`${describe(wanted)}: ${fault}\n`);
  }
  process.stdout.write(`${count} cases, ${faults} faults\n`);
  return faults === 0 ? 0 : 1;
}
