/**
 * Compares clair's version order with that of the native tool on random pairs, most of which differ only slightly:
 *
 *     node fuzz/versions/main.ts --scheme dpkg --pairs 50000 --seed 1
 *
 * Exits with 0 if all pairs agree, 1 if some do not, 2 if the tool is not installed.
 */
import { parseArgs } from 'node:util';
import { Random } from '../random.ts';
import { mutate } from './grammar.ts';
import { judge, type Mismatch } from './judge.ts';
import { type Oracle, OracleMissing, type Pair } from './oracle/oracle.ts';
import { realVersions } from './real-versions.ts';
import type { Subject } from './subject.ts';
import { readSubjects } from './subjects.ts';

const batchPairs = 10_000;
const shownMismatches = 10;

interface Outcome {
  readonly pairs: number;
  readonly invalid: number;
  readonly mismatches: readonly Mismatch[];
}

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      scheme: { type: 'string' },
      pairs: { type: 'string', default: '50000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const subjects = await readSubjects();
  const subject = subjects.find(({ scheme }) => scheme.name === values.scheme);
  const pairs = Number(values.pairs);
  const seed = Number(values.seed);
  if (subject !== undefined && pairs > 0 && Number.isInteger(pairs) && Number.isInteger(seed)) {
    return fuzz(subject, pairs, seed);
  }
  const names = subjects.map(({ scheme }) => scheme.name).join('|');
  process.stderr.write(`usage: --scheme ${names} [--pairs N] [--seed N], with whole numbers\n`);
  return 2;
}

async function fuzz(subject: Subject, pairs: number, seed: number): Promise<number> {
  try {
    const oracle = await subject.open();
    print({ scheme: subject.scheme.name, tool: oracle.name, seed });
    const outcome = await compareAll(subject, oracle, pairs, seed);
    await oracle.stop();
    report(outcome);
    return outcome.mismatches.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof OracleMissing)) throw error;
    process.stderr.write(`cannot compare ${subject.scheme.name} with its tool: ${error.message}\n`);
    return 2;
  }
}

async function compareAll(subject: Subject, oracle: Oracle, total: number, seed: number): Promise<Outcome> {
  const random = new Random(seed);
  const real = realVersions(subject.scheme.name);
  const mismatches: Mismatch[] = [];
  let invalid = 0;
  for (let done = 0; done < total; done += batchPairs) {
    const length = Math.min(batchPairs, total - done);
    const pairs = Array.from({ length }, () => pairOf(subject, real, random));
    const answers = await oracle.compare(pairs);
    for (const [index, pair] of pairs.entries()) {
      const answer = answers[index] ?? '';
      const mismatch = judge(subject.scheme, pair, answer);
      if (mismatch !== undefined) mismatches.push(mismatch);
      else if (answer === '!') invalid++;
    }
  }
  return { pairs: total, invalid, mismatches };
}

/** Returns two versions: usually one and a mutation of it, otherwise two independent ones. */
function pairOf({ grammar, alphabet }: Subject, real: readonly string[], random: Random): Pair {
  const version = (): string => (real.length > 0 && random.chance(0.4) ? random.pick(real) : grammar(random));
  const a = random.chance(0.2) ? mutate(version(), alphabet, random) : version();
  const b = random.chance(0.6) ? mutate(a, alphabet, random) : version();
  return random.chance(0.5) ? [a, b] : [b, a];
}

function report({ pairs, invalid, mismatches }: Outcome): void {
  print({ pairs, 'invalid on both sides': invalid, mismatches: mismatches.length });
  for (const { pair, tool, ours } of mismatches.slice(0, shownMismatches)) {
    process.stdout.write(
      `  ${pair.map((version) => JSON.stringify(version)).join(' and ')}: the tool ${tool}, clair ${ours}\n`,
    );
  }
}

function print(facts: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`${name}: ${value}\n`);
}
