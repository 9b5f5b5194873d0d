import { createHash, type Hash } from 'node:crypto';
import { limits } from '../../../core/limits.ts';
import { compressionOf, magicBytes } from '../../../kit/decompress/compression.ts';
import type { BlockObserver } from '../../../kit/decompress/inflater.ts';
import { windowBytes } from '../../../kit/decompress/split/raw-engine.ts';
import { type Checkpoint, type DivisibleCompression, writePartEnd } from './checkpoint-format.ts';

/** Where checkpoints are made. */
export interface CheckpointPlan {
  /** Stored bytes between two checkpoints, at least. */
  readonly bytes: number;
  /** Bytes of the archive after which one is made in any case. */
  readonly inflatedBytes: number;
  /** A part has at least the stored bytes before it, divided by this number. */
  readonly perSize: number;
}

const usualPlan: CheckpointPlan = {
  bytes: limits.checkpointBytes,
  inflatedBytes: limits.checkpointInflatedBytes,
  perSize: limits.checkpointsPerSize,
};

/**
 * Records checkpoints of a layer while it is read. Those of gzip are at ends of blocks, and it holds one window. Those of zstd are at ends of
 * frames. A layer that is not compressed has them at any byte. Does nothing for other compressions.
 */
export class CheckpointRecorder implements BlockObserver {
  readonly #keep: (record: Buffer) => void;
  readonly #plan: CheckpointPlan;
  readonly #window: Buffer = Buffer.alloc(windowBytes);
  /** Undefined if the layer has no checkpoints. */
  #hash: Hash | undefined = createHash('sha256');
  #input: Buffer = Buffer.alloc(0);
  /** Stored bytes before the input. */
  #inputAt = 0;
  /** Stored bytes that were hashed. */
  #hashedAt = 0;
  #lastByte = 0;
  #compression: DivisibleCompression = 'gzip';
  #tarBytes = 0;
  #part = { offset: 0, tarOffset: 0 };
  #count = 0;

  /** `keep` takes each record. */
  constructor(keep: (record: Buffer) => void, plan: CheckpointPlan = usualPlan) {
    this.#keep = keep;
    this.#plan = plan;
  }

  /** Records no more checkpoints. */
  stop(): void {
    this.#hash = undefined;
  }

  /** Takes the next stored bytes before they are inflated. They must stay valid until `endInput`. */
  beginInput(bytes: Buffer): void {
    if (this.#inputAt === 0) this.#begin(bytes);
    this.#input = bytes;
  }

  endInput(): void {
    this.#hashTo(this.#inputAt + this.#input.length);
    this.#lastByte = this.#input.at(-1) ?? this.#lastByte;
    this.#inputAt += this.#input.length;
    this.#input = Buffer.alloc(0);
    if (this.#compression !== 'none' || this.#inputAt - this.#part.offset < this.#spacing(this.#inputAt))
      return;
    this.#endPart(this.#inputAt, undefined);
    this.#count++;
  }

  /** Takes the next bytes of the archive. */
  takeInflated(bytes: Buffer): void {
    this.#tarBytes += bytes.length;
    // Most layers of zstd have one frame. A part that is so large is not used.
    if (this.#compression === 'zstd' && this.#count === 0 && this.#tarBytes > limits.checkpointPartBytes)
      this.stop();
    if (this.#hash === undefined || this.#compression !== 'gzip') return;
    if (bytes.length < windowBytes) this.#window.copyWithin(0, bytes.length);
    const last = bytes.subarray(-windowBytes);
    last.copy(this.#window, windowBytes - last.length);
  }

  wantsBlockEnd(position: number): boolean {
    if (this.#hash === undefined || this.#tarBytes < windowBytes) return false;
    const { offset, tarOffset } = this.#part;
    return (
      position - offset >= this.#spacing(position) || this.#tarBytes - tarOffset >= this.#plan.inflatedBytes
    );
  }

  blockEnded(position: number): void {
    this.#hashTo(position);
    this.#count++;
    if (this.#compression === 'zstd') {
      this.#endPart(position, undefined);
      return;
    }
    const byteBefore = this.#input[position - this.#inputAt - 1] ?? this.#lastByte;
    this.#endPart(position, { byteBefore, window: this.#window });
  }

  /** Ends the last part. Returns whether there is any checkpoint. */
  finish(): boolean {
    if (this.#count === 0 || (this.#compression === 'none' && this.#tarBytes !== this.#inputAt)) return false;
    this.#endPart(this.#inputAt, undefined);
    return true;
  }

  #endPart(end: number, next: Checkpoint | undefined): void {
    const sha256 = this.#hash?.digest();
    if (sha256 === undefined) return;
    const compression = this.#compression;
    const tarEnd = compression === 'none' ? end : this.#tarBytes;
    this.#keep(writePartEnd({ end, tarEnd, sha256, next, compression }));
    this.#hash = createHash('sha256');
    this.#part = { offset: end, tarOffset: tarEnd };
  }

  #begin(start: Buffer): void {
    const compression = start.length < magicBytes ? undefined : compressionOf(start);
    if (compression === 'none' || compression === 'gzip' || compression === 'zstd')
      this.#compression = compression;
    else this.stop();
  }

  /** Stored bytes between two checkpoints, at least. The number of those of a large layer rises with the logarithm of its size only. */
  #spacing(position: number): number {
    return Math.max(this.#plan.bytes, position / this.#plan.perSize);
  }

  #hashTo(position: number): void {
    this.#hash?.update(this.#input.subarray(this.#hashedAt - this.#inputAt, position - this.#inputAt));
    this.#hashedAt = position;
  }
}
