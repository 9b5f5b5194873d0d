/**
 * Takes the place of `LayerReader` in tests, so that every layer that is read whole is also divided, or completed from parts, however small it is:
 *
 *     export CLAIR_TEST_PARTS=divided
 *     node tools/bundle.ts
 *     node --import ./src/testing/forced-parts.ts --test --test-isolation=none FILE…
 *
 * `CLAIR_TEST_PARTS` is `divided` or `completed`. The tests get what was collected from the parts. Each layer is read as usual, then compressed again,
 * in small blocks or frames and behind a file that fills a window, and read in parts. The number of such reads is printed at the end.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { constants, crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import type { ImageLayer, LayerClaims } from '../image/image-layer.ts';
import { ExtractMissError } from '../image/layer/extract-programs.ts';
import { missingRanges, plainClaims, readExtract } from '../image/layer/extract-reader.ts';
import { ExtractWriter } from '../image/layer/extract-writer.ts';
import { LayerReader as WholeLayerReader } from '../image/layer/layer-reader.ts';
import type { LayerReadResult, ReadOptions } from '../image/layer/layer-walk.ts';
import { readSplit } from '../image/layer/read-split.ts';
import { WantedPaths } from '../image/layer/wanted-paths.ts';
import { compressionOf } from '../kit/decompress/compression.ts';
import { inflaterFor } from '../kit/decompress/inflater-for.ts';
import { type AheadTask, runAheadTask } from '../kit/decompress/split/ahead-task.ts';
import { gzipTrailerBytes } from '../kit/decompress/split/gzip-frame.ts';
import { windowBytes } from '../kit/decompress/split/raw-engine.ts';
import { partStates, SharedParts } from '../kit/decompress/split/shared-parts.ts';
import { sha256 } from './image-builder.ts';
import { tar } from './tar-writer.ts';

const kib = 1024;
/** Larger layers are read as usual. */
const archiveBytesMax = 64 * kib * kib;
const checkpointPlan = { bytes: 4 * kib, inflatedBytes: 16 * kib, perSize: 1_000_000 };
/** Checkpoints are not made within one piece of a layer. */
const pieceBytes = 4 * kib;
const splitPlan = {
  partBytes: 64 * kib,
  searchBytes: 32 * kib,
  trialBytes: 8 * kib,
  unknownBytes: 256 * kib,
  gridBytes: 8 * kib,
  // The work of the second thread is done before that of the first one, so the ring must hold all parts.
  aheadBytes: archiveBytesMax,
};

/** How a layer was read. */
type Outcome = 'divided' | 'completed' | 'read as usual';

const log = 'CLAIR_TEST_PARTS_LOG';

function note(outcome: Outcome): void {
  const path = process.env[log];
  if (path !== undefined) appendFileSync(path, `${outcome}\n`);
}

/** A member that no extension wants, with incompressible content: it fills the first part, and the window of the second one. */
const filler = Buffer.from(tar([{ path: 'opt/filler.png', content: randomBytes(103 * kib) }])).subarray(
  0,
  -kib,
);

/** Returns the archive of a layer. */
async function archiveOf(stored: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const inflater = inflaterFor(compressionOf(stored), (bytes) => pieces.push(Buffer.from(bytes)));
  await inflater.push(stored);
  await inflater.end();
  return Buffer.concat(pieces);
}

/** Returns an archive as a layer that has many places at which it can be divided. */
async function remade(stored: Buffer, { root }: LayerClaims): Promise<Buffer> {
  const archive = await archiveOf(stored);
  const content = root === undefined ? Buffer.concat([filler, archive]) : archive;
  return compressionOf(stored) === 'zstd' ? zstdInFrames(content) : gzipInPieces(content);
}

function zstdInFrames(content: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceBytes)
    frames.push(zstdCompressSync(content.subarray(at, at + pieceBytes)));
  return Buffer.concat(frames);
}

/** Returns a gzip stream that is flushed often, as parallel compressors do. Its blocks refer to the bytes before them. */
function gzipInPieces(content: Buffer): Buffer {
  const pieces: Buffer[] = [Buffer.from('1f8b08000000000000ff', 'hex')];
  for (let at = 0; at < content.length; at += pieceBytes)
    pieces.push(
      deflateRawSync(content.subarray(at, at + pieceBytes), {
        finishFlush: at + pieceBytes < content.length ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
        ...(at > 0 && { dictionary: content.subarray(Math.max(at - windowBytes, 0), at) }),
      }),
    );
  const trailer = Buffer.alloc(gzipTrailerBytes);
  trailer.writeUInt32LE(crc32(content), 0);
  trailer.writeUInt32LE(content.length, 4);
  return Buffer.concat([...pieces, trailer]);
}

const claimsOf = (stored: Buffer, { root }: LayerClaims): LayerClaims => ({
  digest: sha256(stored),
  ...(root !== undefined && { root }),
});

/** Whether the second thread has inflated a part. */
function hasAheadParts({ range, plan, memory }: AheadTask): boolean {
  const parts = new SharedParts(range.size, plan, memory);
  return Array.from({ length: parts.count }, (_, part) => parts.stateOf(part)).includes(partStates.done);
}

/** Reads a layer on two threads, whose work is done one after the other here. Undefined if it cannot be divided. */
async function divide(
  stored: Buffer,
  claims: LayerClaims,
  options: ReadOptions,
): Promise<LayerReadResult | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'clair-parts-'));
  try {
    const path = join(directory, 'layer');
    writeFileSync(path, stored);
    const place = { kind: 'file', path, offset: 0, size: stored.length, stamp: '' } as const;
    const compression = compressionOf(stored);
    const layer: ImageLayer = { ...claims, place, compression, sizeBytes: stored.length };
    const tasks: AheadTask[] = [];
    const inflateAhead = (task: AheadTask): Promise<string> => {
      const hash = runAheadTask(task);
      tasks.push(task);
      return Promise.resolve(hash);
    };
    const split = { inflateAhead, bytesMin: 1, plan: splitPlan };
    const result = await readSplit(layer, { ...options, split });
    return tasks.some(hasAheadParts) ? result : undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Reads a layer by an extract that has only headers, and by parts of the layer. Undefined if it would be fetched whole. */
async function complete(
  stored: Buffer,
  claims: LayerClaims,
  options: ReadOptions,
): Promise<LayerReadResult | undefined> {
  const recorder = new ExtractWriter({ bytesMax: archiveBytesMax, readerVersion: 0, checkpointPlan });
  const { keptBytesMax: _, listNow: __, ...others } = options;
  const reader = new WholeLayerReader(claims, { ...others, wanted: new WantedPaths([]), recorder });
  for (let at = 0; at < stored.length; at += pieceBytes)
    await reader.push(stored.subarray(at, at + pieceBytes));
  const extract = recorder.finish(plainClaims(claims), await reader.end());
  if (extract === undefined) return undefined;
  const reading = { ...options, readerVersion: 1 };
  try {
    const missing = missingRanges(extract, claims, reading) ?? [];
    if (missing.length === 0) return undefined;
    const parts = missing.map(({ offset, end }) => ({ offset, bytes: stored.subarray(offset, end) }));
    return readExtract(extract, claims, reading, { stored: parts });
  } catch (error) {
    // Small parts often begin at several bits. The layer is then fetched whole.
    if (error instanceof ExtractMissError) return undefined;
    throw error;
  }
}

/** Reads a layer whole, and then in parts. */
export class LayerReader extends WholeLayerReader {
  readonly #claims: LayerClaims;
  readonly #options: ReadOptions;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(...[claims, options, storedMax]: ConstructorParameters<typeof WholeLayerReader>) {
    super(claims, options, storedMax);
    this.#claims = claims;
    const { recorder: _, split: __, ...others } = options;
    this.#options = others;
  }

  override push(bytes: Buffer): void | Promise<void> {
    this.#keptBytes += bytes.length;
    if (this.#keptBytes <= archiveBytesMax) this.#kept.push(Buffer.from(bytes));
    return super.push(bytes);
  }

  override async end(): Promise<LayerReadResult> {
    const whole = await super.end();
    const collected = await this.#inParts(whole);
    return collected === undefined ? whole : { ...whole, collected };
  }

  async #inParts({ tarBytes = 0 }: LayerReadResult): Promise<LayerReadResult['collected'] | undefined> {
    const outcome = process.env['CLAIR_TEST_PARTS'] === 'completed' ? 'completed' : 'divided';
    const stored = Buffer.concat(this.#kept);
    this.#kept = [];
    if (this.#keptBytes > archiveBytesMax || tarBytes > archiveBytesMax) {
      note('read as usual');
      return undefined;
    }
    const read = outcome === 'completed' ? complete : divide;
    const again = await remade(stored, this.#claims);
    const result = await read(again, claimsOf(again, this.#claims), this.#options);
    note(result === undefined ? 'read as usual' : outcome);
    return result?.collected;
  }
}

/** Puts this module in the place of the original one, and prints the number of reads at the end. In a bundle, `tools/bundle.ts` does that. */
function replaceReader(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.endsWith('/layer-reader.ts') && context.parentURL !== import.meta.url
        ? { url: import.meta.url, shortCircuit: true }
        : next(specifier, context),
  });
  if (!isMainThread || process.env[log] !== undefined) return;
  const directory = mkdtempSync(join(tmpdir(), 'clair-parts-'));
  const path = join(directory, 'log');
  writeFileSync(path, '');
  process.env[log] = path;
  process.on('exit', () => {
    const outcomes = readFileSync(path, 'utf8').trim().split('\n');
    rmSync(directory, { recursive: true });
    for (const [outcome, all] of Map.groupBy(outcomes, (each) => each))
      process.stdout.write(`layers ${outcome}: ${all.length}\n`);
  });
}

if (import.meta.url.endsWith('.ts')) replaceReader();
