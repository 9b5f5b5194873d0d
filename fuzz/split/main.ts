/**
 * Inflates random gzip and zstd streams on two threads and on one, and compares the bytes, the errors and the counts for limits. Streams are mutated,
 * cut and nested. Run: node fuzz/split/main.ts [--minutes 1] [--seed 1]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { InflateThread } from '../../src/layer-pool/inflate-thread.ts';
import { inflateContent, inflateOnOneThread } from '../../src/testing/split-streams.ts';
import { Random } from '../random.ts';
import { randomPlan, randomStream } from './random-streams.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed))
  throw new Error('usage: main.ts [--minutes N] [--seed S], with a whole number as the seed');

const directory = mkdtempSync(join(tmpdir(), 'clair-split-'));
const path = join(directory, 'stream.gz');
await using thread = new InflateThread(new URL('../../src/inflate-worker.ts', import.meta.url));
const end = performance.now() + minutes * 60_000;
let [streams, undivided, errors, done, differences] = [0, 0, 0, 0, 0];
try {
  for (let number = 0; performance.now() < end; number++) {
    const random = new Random(seed * 1_000_003 + number);
    const [stream, plan] = [randomStream(random), randomPlan(random)];
    const split = await inflateContent(stream, path, thread.inflateAhead, plan);
    streams++;
    if (split === undefined) {
      undivided++;
      continue;
    }
    const expected = inflateOnOneThread(stream, plan);
    done += split.done;
    if (expected.error !== undefined) errors++;
    if (isDeepStrictEqual(split.inflated, expected)) continue;
    differences++;
    writeFileSync(`split-${seed}-${number}`, stream);
    console.log(`stream ${number}, plan ${JSON.stringify(plan)}:`, split.inflated, expected);
  }
  console.log(
    `${streams} streams of seed ${seed}: ${undivided} not divided, ${errors} invalid, ${done} parts inflated ahead, ${differences} differ`,
  );
  process.exitCode = differences === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
