import type { Compression } from '../../../kit/decompress/compression.ts';
import { windowBytes } from '../../../kit/decompress/split/raw-engine.ts';

/** Compressions of layers that can have checkpoints. */
export type DivisibleCompression = Extract<Compression, 'none' | 'gzip' | 'zstd'>;

/**
 * A part of a layer between two checkpoints. `offset` and `end` count stored bytes, `tarOffset` and `tarEnd` those of the archive. In gzip, a
 * checkpoint is the end of a block, which may be inside a byte. The part begins behind that byte. In zstd, it is the end of a frame.
 */
export interface LayerPart {
  readonly offset: number;
  readonly end: number;
  readonly tarOffset: number;
  readonly tarEnd: number;
  /** SHA-256 of the stored bytes. */
  readonly sha256: Buffer;
  /** Undefined for the first part, which begins with the header of gzip, and in a layer that is not one of gzip. */
  readonly checkpoint: Checkpoint | undefined;
  readonly compression: DivisibleCompression;
}

/** The state of a gzip stream at the end of a block: enough to inflate the next part without those before it. */
export interface Checkpoint {
  /** The stored byte before the part. The block ends after one of its bits. */
  readonly byteBefore: number;
  /** The last bytes of the archive before the part. */
  readonly window: Buffer;
}

/** The end of a part, as it is recorded, with the checkpoint of the next one. */
export interface PartEnd extends Pick<LayerPart, 'end' | 'tarEnd' | 'sha256' | 'compression'> {
  /** Undefined at the end of the layer, and in a layer that is not one of gzip. */
  readonly next: Checkpoint | undefined;
}

const positionBytes = 6;
const hashBytes = 32;
/** Both positions, the hash, the byte before the next part, and what follows. */
const headBytes = positionBytes + positionBytes + hashBytes + 1 + 1;

/** The number of a record with a window behind it, which is that of the next part. */
const withWindow = 1;
/** Numbers of records without a window. Only parts of gzip need one. */
const withoutWindow: Readonly<Record<DivisibleCompression, number>> = { gzip: 0, none: 2, zstd: 3 };

/** Returns the record of the end of a part. */
export function writePartEnd({ end, tarEnd, sha256, next, compression }: PartEnd): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(end, 0, positionBytes);
  head.writeUIntBE(tarEnd, positionBytes, positionBytes);
  sha256.copy(head, 2 * positionBytes);
  head.writeUInt8(next?.byteBefore ?? 0, headBytes - 2);
  head.writeUInt8(next === undefined ? withoutWindow[compression] : withWindow, headBytes - 1);
  return next === undefined ? head : Buffer.concat([head, next.window]);
}

/** Reads the records of all parts. Throws if one is cut short, or if positions do not rise. */
export function readParts(blocks: readonly Buffer[]): readonly LayerPart[] {
  const parts: LayerPart[] = [];
  let [offset, tarOffset] = [0, 0];
  let checkpoint: Checkpoint | undefined;
  for (const block of blocks)
    for (let at = 0; at < block.length; ) {
      const { end, tarEnd, sha256, next, compression } = readPartEnd(block, at);
      if (end < offset || tarEnd < tarOffset)
        throw new Error('the checkpoints of the extract are not in order');
      parts.push({ offset, end, tarOffset, tarEnd, sha256, checkpoint, compression });
      [offset, tarOffset, checkpoint] = [end, tarEnd, next];
      at += headBytes + (next === undefined ? 0 : windowBytes);
    }
  return parts;
}

function readPartEnd(block: Buffer, at: number): PartEnd {
  const hashAt = at + 2 * positionBytes;
  const following = block.readUInt8(at + headBytes - 1);
  const head = {
    compression: compressionOfRecord(following),
    end: block.readUIntBE(at, positionBytes),
    tarEnd: block.readUIntBE(at + positionBytes, positionBytes),
    sha256: block.subarray(hashAt, hashAt + hashBytes),
  };
  const byteBefore = block.readUInt8(at + headBytes - 2);
  if (following !== withWindow) return { ...head, next: undefined };
  const window = block.subarray(at + headBytes, at + headBytes + windowBytes);
  if (window.length < windowBytes) throw new Error('a checkpoint of the extract is cut short');
  return { ...head, next: { byteBefore, window } };
}

function compressionOfRecord(following: number): DivisibleCompression {
  if (following === withoutWindow.none) return 'none';
  return following === withoutWindow.zstd ? 'zstd' : 'gzip';
}
