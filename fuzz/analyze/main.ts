/**
 * Fuzzes all code that reads bytes of an image, guided by coverage. Each target gets its own time.
 *
 *     node fuzz/analyze/main.ts --seconds 60 [--target tar] [--seed 1] [--jobs 2] [--artifacts DIR] [--unguided]
 *     node fuzz/analyze/main.ts --target tar --replay FILE
 *
 * Exits with 0 if it finds no fault, 1 if it finds one, 2 if the target does not exist.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readArtifact } from './artifact.ts';
import { type FuzzResult, fuzzTarget, isFault, type Plan, probe } from './fuzz-target.ts';
import type { Target } from './target/target.ts';
import { targets } from './targets.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      target: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      jobs: { type: 'string', default: '1' },
      artifacts: { type: 'string', default: join(tmpdir(), 'clair-fuzz-artifacts') },
      unguided: { type: 'boolean', default: false },
      replay: { type: 'string' },
    },
  });
  const chosen = targets.filter(({ name }) => values.target === undefined || values.target === name);
  const [seconds, seed, jobs] = [Number(values.seconds), Number(values.seed), Number(values.jobs)];
  if (chosen.length === 0 || !(seconds > 0) || !Number.isInteger(seed) || !Number.isInteger(jobs))
    return usage();
  if (values.replay !== undefined) return chosen.length === 1 ? replay(values.replay, chosen) : usage();
  process.stdout.write(`seed ${seed}\n`);
  return fuzzAll(chosen, { seconds, seed, isGuided: !values.unguided, artifacts: values.artifacts }, jobs);
}

function usage(): number {
  const names = targets.map(({ name }) => name).join('|');
  process.stderr.write(
    `usage: [--seconds N] [--target ${names}] [--seed N] [--jobs N] [--artifacts DIR] [--unguided] [--replay FILE]\n`,
  );
  return 2;
}

/** Fuzzes up to `jobs` targets at a time, and prints the result of each. */
async function fuzzAll(chosen: readonly Target[], plan: Plan, jobs: number): Promise<number> {
  const waiting = [...chosen];
  let found = 0;
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const result = await fuzzTarget(target, plan);
      found += result.found.length;
      print(target, result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return found === 0 ? 0 : 1;
}

function print({ name }: Target, { figures, found }: FuzzResult): void {
  const { executions, seconds, corpus, blocks } = figures;
  const count = (fault: string): number => found.filter((finding) => finding.fault === fault).length;
  const rate = Math.round(executions / Math.max(seconds, 1));
  process.stdout.write(
    `${name.padEnd(12)} ${executions} executions, ${rate}/s, corpus ${corpus}, ${blocks} blocks, ${count('crash')} crashes, ${count('slow')} hangs, ${count('memory')} of too much memory\n`,
  );
  for (const { fault, what, stack, path } of found)
    process.stdout.write(`  ${fault}: ${what}\n    ${path}\n${indented(stack)}`);
}

function indented(stack: string): string {
  return stack === '' ? '' : `${stack.split('\n').slice(0, 8).join('\n').replace(/^/gm, '    ')}\n`;
}

async function replay(path: string, [target]: readonly Target[]): Promise<number> {
  if (target === undefined) return usage();
  const probed = await probe(target, readArtifact(path, target));
  const { ending, ms, grownBytes, error } = probed;
  process.stdout.write(`${ending}, ${Math.round(ms)} ms, ${grownBytes >> 20} MiB\n${error ?? ''}\n`);
  return (['crash', 'slow', 'memory'] as const).some((fault) => isFault(fault, probed)) ? 1 : 0;
}
