import { zstdDecompressSync } from 'node:zlib';
import { bytesFromBit } from '../../../kit/decompress/split/begin-at-bit.ts';
import { gzipHeaderLength, gzipTrailerBytes } from '../../../kit/decompress/split/gzip-frame.ts';
import { inflateFromBit, type StreamStart } from '../../../kit/decompress/split/inflate-from-bit.ts';
import { isSkippableFrame, ZstdFrames } from '../../../kit/decompress/zstd-frames.ts';
import { ExtractMissError } from '../extract-programs.ts';
import type { LayerPart } from './checkpoint-format.ts';

const nothing = Buffer.alloc(0);
const gzipMagic = Buffer.from('1f8b08', 'hex');

/**
 * Returns what a part of a layer inflates to. `stored` has the SHA-256 of the part. Throws `ExtractMissError` if that is not certain.
 *
 * zlib says in which byte a block ends, but not after which bit. One of the eight bits is true. So all are tried, and the ones that give
 * as many bytes as the whole layer gave must give the same bytes: the true one is among them, as the layer was read from there before.
 * A compressor that wants to deceive can only make the part unusable. Parts of zstd have whole frames, which refer to nothing before them.
 */
export function inflatePart(part: LayerPart, stored: Buffer): Buffer {
  const size = part.tarEnd - part.tarOffset;
  if (part.compression === 'none' && stored.length === size) return stored;
  if (part.compression === 'zstd') return inflateFrames(stored, size);
  if (size === 0) return nothing;
  let found: Buffer | undefined;
  let output = Buffer.allocUnsafeSlow(size);
  for (const { start, deflated } of startsOf(part, stored)) {
    const { isFull, behindEnd } = inflateFromBit(output, start, deflated);
    if (behindEnd !== undefined) assertNoMember(behindEnd);
    if (!isFull) continue;
    if (found !== undefined && !found.equals(output)) throw new ExtractMissError('a checkpoint is ambiguous');
    if (found === undefined) {
      found = output;
      output = Buffer.allocUnsafeSlow(size);
    }
  }
  if (found === undefined) throw new ExtractMissError('a part of the layer does not begin at its checkpoint');
  return found;
}

function* startsOf(
  { checkpoint }: LayerPart,
  stored: Buffer,
): Generator<{ readonly start: StreamStart; readonly deflated: Buffer }> {
  if (checkpoint === undefined) {
    const header = gzipHeaderLength(stored);
    if (header !== undefined)
      yield { start: { prefix: nothing, window: undefined }, deflated: stored.subarray(header) };
    return;
  }
  // If a member ends at the checkpoint, no start is the true one, and a false one may give as many bytes.
  assertNoMember(stored);
  const { window, byteBefore } = checkpoint;
  yield { start: { prefix: nothing, window }, deflated: stored };
  for (let bit = 1; bit < 8; bit++)
    yield { start: { prefix: bytesFromBit(bit, byteBefore), window }, deflated: stored };
}

/** Throws if another member of gzip may follow a trailer: what comes from one start is then not all. */
function assertNoMember(trailer: Buffer): void {
  const next = trailer.subarray(gzipTrailerBytes, gzipTrailerBytes + gzipMagic.length);
  if (gzipMagic.subarray(0, next.length).equals(next))
    throw new ExtractMissError('a part of the layer may have several members of gzip');
}

/** Returns what frames of zstd inflate to. */
function inflateFrames(stored: Buffer, size: number): Buffer {
  const output = Buffer.allocUnsafeSlow(size);
  let written = 0;
  for (const { bytes, isLast } of new ZstdFrames().push(stored)) {
    const content = isLast && inflateFrame(bytes, size - written);
    if (content === false) throw new ExtractMissError('a part of the layer has no whole frames');
    written += content.copy(output, written);
  }
  if (written !== size) throw new ExtractMissError('a part of the layer has other frames');
  return output;
}

/** Returns the content of a frame. False if it is not valid, or has more than `bytesMax`. */
function inflateFrame(frame: Buffer, bytesMax: number): Buffer | false {
  if (isSkippableFrame(frame)) return nothing;
  try {
    const content = zstdDecompressSync(frame, { maxOutputLength: Math.max(bytesMax, 1) });
    return content.length <= bytesMax && content;
  } catch {
    return false;
  }
}
