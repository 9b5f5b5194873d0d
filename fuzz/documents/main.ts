/**
 * Compares how clair and Go's `encoding/json`, which container runtimes use, read documents of images:
 *
 *     node fuzz/documents/main.ts --documents 300000 --seed 1
 *
 * A difference is dangerous if both accept the document but read different values. Exits with 0 if there is no such difference, 1 if there
 * is one, 2 if Go is not installed.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Random } from '../random.ts';
import { type Sample, sample } from './grammar.ts';
import { buildOracle, type Oracle, OracleMissing } from './oracle/oracle.ts';
import { readingsOf } from './readings.ts';

const batch = 20_000;
const shownMax = 10;

process.exitCode = main();

function main(): number {
  const { values } = parseArgs({
    options: {
      documents: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const [documents, seed] = [Number(values.documents), Number(values.seed)];
  if (!(documents > 0 && Number.isInteger(seed))) {
    process.stderr.write('usage: [--documents N] [--seed N], with whole numbers\n');
    return 2;
  }
  try {
    return fuzz(buildOracle(), documents, seed);
  } catch (error) {
    if (!(error instanceof OracleMissing)) throw error;
    process.stderr.write(`cannot compare: ${error.message}\n`);
    return 2;
  }
}

function fuzz(oracle: Oracle, documents: number, seed: number): number {
  const random = new Random(seed);
  const counts = {
    documents,
    seed,
    acceptedByBoth: 0,
    refusedHereAlone: 0,
    refusedByGoAlone: 0,
    dangerous: 0,
  };
  for (let done = 0; done < documents; done += batch) {
    const samples = Array.from({ length: Math.min(batch, documents - done) }, () => sample(random));
    const accepted = oracle(samples);
    for (const [i, each] of samples.entries()) {
      const outcome = outcomeOf(each, accepted[i] ?? []);
      if (outcome === undefined) continue;
      counts[outcome]++;
      if (outcome === 'dangerous' && counts.dangerous <= shownMax) show(each, accepted[i] ?? []);
    }
  }
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  return counts.dangerous === 0 ? 0 : 1;
}

type Outcome = 'acceptedByBoth' | 'refusedHereAlone' | 'refusedByGoAlone' | 'dangerous';

/** Returns undefined if both refuse the document. */
function outcomeOf(each: Sample, theirs: readonly unknown[]): Outcome | undefined {
  const ours = readingsOf(each);
  if (ours === undefined) return theirs.length === 0 ? undefined : 'refusedHereAlone';
  if (theirs.length === 0) return 'refusedByGoAlone';
  const isOurs = (reading: unknown): boolean => ours.some((own) => isDeepStrictEqual(own, reading));
  return theirs.every(isOurs) ? 'acceptedByBoth' : 'dangerous';
}

function show(each: Sample, theirs: readonly unknown[]): void {
  const lines = [
    `${each.kind} ${JSON.stringify(each.bytes.toString('latin1'))}`,
    `  here ${JSON.stringify(readingsOf(each))}`,
    `  Go   ${JSON.stringify(theirs)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
