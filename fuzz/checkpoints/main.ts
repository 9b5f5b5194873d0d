/**
 * Inflates random streams of gzip and zstd from checkpoints, and compares each part with the same bytes of the whole stream. A part may be refused, but must never
 * give other bytes. Streams are mutated, cut and nested. Run: node fuzz/checkpoints/main.ts [--minutes 1] [--seed 1]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readParts } from '../../src/image/layer/checkpoint/checkpoint-format.ts';
import { CheckpointRecorder } from '../../src/image/layer/checkpoint/checkpoint-recorder.ts';
import { inflatePart } from '../../src/image/layer/checkpoint/inflate-part.ts';
import { ExtractMissError } from '../../src/image/layer/extract-programs.ts';
import { compressionOf } from '../../src/kit/decompress/compression.ts';
import { inflaterFor } from '../../src/kit/decompress/inflater-for.ts';
import { Random } from '../random.ts';
import { randomStream } from '../split/random-streams.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed))
  throw new Error('usage: main.ts [--minutes N] [--seed S], with a whole number as the seed');

interface WholeStream {
  readonly bytes: Buffer;
  readonly records: readonly Buffer[];
}

/** Inflates a stream in pieces, and records checkpoints. Undefined if it is not valid. */
function inflateWhole(stream: Buffer, random: Random): WholeStream | undefined {
  const records: Buffer[] = [];
  const pieces: Buffer[] = [];
  const plan = {
    bytes: random.pick([1, 1000, 30_000]),
    inflatedBytes: random.pick([1, 100_000]),
    perSize: 1e6,
  };
  const recorder = new CheckpointRecorder((record) => records.push(record), plan);
  const take = (bytes: Buffer): void => {
    recorder.takeInflated(bytes);
    pieces.push(Buffer.from(bytes));
  };
  const inflater = inflaterFor(compressionOf(stream), take, recorder);
  const pieceBytes = random.pick([700, 5000, 65_536]);
  try {
    for (let at = 0; at < stream.length; at += pieceBytes) {
      const piece = stream.subarray(at, at + pieceBytes);
      recorder.beginInput(piece);
      void inflater.push(piece);
      recorder.endInput();
    }
    void inflater.end();
  } catch {
    return undefined;
  }
  return recorder.finish() ? { bytes: Buffer.concat(pieces), records } : undefined;
}

const end = performance.now() + minutes * 60_000;
let [streams, parts, refused, differences] = [0, 0, 0, 0];
for (let number = 0; performance.now() < end; number++) {
  const random = new Random(seed * 1_000_003 + number);
  const stream = randomStream(random);
  const whole = inflateWhole(stream, random);
  if (whole === undefined) continue;
  streams++;
  for (const part of readParts(whole.records)) {
    parts++;
    try {
      const bytes = inflatePart(part, stream.subarray(part.offset, part.end));
      if (bytes.equals(whole.bytes.subarray(part.tarOffset, part.tarEnd))) continue;
      differences++;
      writeFileSync(`checkpoint-${seed}-${number}.gz`, stream);
      console.log(`stream ${number}: the part at ${part.offset} differs`);
    } catch (error) {
      if (!(error instanceof ExtractMissError)) throw error;
      refused++;
    }
  }
}
console.log(
  `${streams} streams of seed ${seed} with checkpoints: ${parts} parts, ${refused} refused, ${differences} differ`,
);
process.exitCode = differences === 0 ? 0 : 1;
