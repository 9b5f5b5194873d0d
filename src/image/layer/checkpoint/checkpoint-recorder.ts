import { createHash, type Hash } from 'node:crypto';
import { limits } from '../../../core/limits.ts';
import { compressionOf, magicBytes } from '../../../kit/decompress/compression.ts';
import type { BlockObserver } from '../../../kit/decompress/inflater.ts';
import { windowBytes } from '../../../kit/decompress/split/raw-engine.ts';
import { type Checkpoint, writePartEnd } from './checkpoint-format.ts';

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
 * Records checkpoints of a layer while it is read. Those of gzip are at ends of blocks, and it holds one window. A layer that is not compressed
 * has them at any byte. Does nothing for other compressions.
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
  #isPlain = false;
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
    if (!this.#isPlain || this.#inputAt - this.#part.offset < this.#spacing(this.#inputAt)) return;
    this.#endPart(this.#inputAt, undefined);
    this.#count++;
  }

  /** Takes the next bytes of the archive. */
  takeInflated(bytes: Buffer): void {
    this.#tarBytes += bytes.length;
    if (this.#hash === undefined) return;
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
    const byteBefore = this.#input[position - this.#inputAt - 1] ?? this.#lastByte;
    this.#endPart(position, { byteBefore, window: this.#window });
    this.#count++;
  }

  /** Ends the last part. Returns whether there is any checkpoint. */
  finish(): boolean {
    if (this.#count === 0 || (this.#isPlain && this.#tarBytes !== this.#inputAt)) return false;
    this.#endPart(this.#inputAt, undefined);
    return true;
  }

  #endPart(end: number, next: Checkpoint | undefined): void {
    const sha256 = this.#hash?.digest();
    if (sha256 === undefined) return;
    const tarEnd = this.#isPlain ? end : this.#tarBytes;
    this.#keep(writePartEnd({ end, tarEnd, sha256, next, isPlain: this.#isPlain }));
    this.#hash = createHash('sha256');
    this.#part = { offset: end, tarOffset: tarEnd };
  }

  #begin(start: Buffer): void {
    const compression = start.length < magicBytes ? undefined : compressionOf(start);
    this.#isPlain = compression === 'none';
    if (!this.#isPlain && compression !== 'gzip') this.stop();
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
