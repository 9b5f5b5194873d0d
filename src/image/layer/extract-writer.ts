import { limits } from '../../core/limits.ts';
import type { WalkRecorder } from '../../kit/tar/walker.ts';
import type { Digest } from '../../model/digest.ts';
import type { LayerClaims } from '../image-layer.ts';
import { type CheckpointPlan, CheckpointRecorder } from './checkpoint/checkpoint-recorder.ts';
import { extractBlock, extractBlockBytes, extractStart, writeExtractBlock } from './extract-format.ts';
import { type FoundProgram, type ProgramRecorder, writeProgramRecord } from './extract-programs.ts';
import { kindBytes } from './file-content.ts';
import type { WantedOfProgram } from './program-scan.ts';

/** Options of an `ExtractWriter`. */
export interface ExtractOptions {
  /** Maximum bytes of the compressed extract. */
  readonly bytesMax: number;
  /** Version of the code that reads programs, since the extract has its results. */
  readonly readerVersion: number;
  /** The plan of the limits by default. */
  readonly checkpointPlan?: CheckpointPlan | undefined;
}

/** Facts of a layer that was read whole. */
export interface WholeLayer {
  readonly digest?: Digest;
  readonly diffId?: Digest;
  readonly tarBytes?: number;
  readonly verified: boolean;
}

/** The end of an extract. */
export interface ExtractEnd {
  /** The claims under which the layer was read. */
  readonly claims: LayerClaims;
  readonly layer: WholeLayer;
  readonly readerVersion: number;
}

/** Bytes before each piece: the number of its bytes, and of those left out behind it. */
export const pieceHeadBytes = 4 + 6;

/**
 * Writes the extract of a layer while the layer is read: the bytes that the walk over its archive needs, and what was found in programs. Holds the
 * compressed extract in memory.
 */
export class ExtractWriter implements WalkRecorder, ProgramRecorder {
  readonly probeBytes: number = kindBytes;
  readonly #options: ExtractOptions;
  readonly #pieces: BlockBuffer;
  readonly #programs: BlockBuffer;
  readonly #checkpoints: BlockBuffer;
  /** Records where the layer can be read from. */
  readonly checkpoints: CheckpointRecorder;
  /** Blocks of checkpoints. They are left out if the extract is too large with them. */
  #checkpointBlocks: Buffer[] = [];
  #checkpointBytes = 0;
  #stored: Buffer[] = [extractStart()];
  #storedBytes = 0;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #leftOut = 0;

  constructor(options: ExtractOptions) {
    this.#options = options;
    const take =
      (kind: number) =>
      (content: Buffer): void => {
        this.#store(kind, content);
      };
    this.#pieces = new BlockBuffer(take(extractBlock.pieces));
    this.#programs = new BlockBuffer(take(extractBlock.programs));
    this.#checkpoints = new BlockBuffer((content) => {
      this.#storeCheckpoints(content);
    });
    this.checkpoints = new CheckpointRecorder((record) => {
      this.#checkpoints.add(record);
    }, options.checkpointPlan);
  }

  beginHeader(): void {
    // A header and the start of its payload stay together: the filter of members reads both.
    if (this.#keptBytes >= extractBlockBytes / 4) this.#endPiece();
  }

  keep(bytes: Buffer): void {
    if (this.#leftOut > 0) this.#endPiece();
    this.#kept.push(Buffer.from(bytes));
    this.#keptBytes += bytes.length;
    if (this.#keptBytes >= extractBlockBytes) this.#endPiece();
  }

  leaveOut(count: number): void {
    this.#leftOut += count;
  }

  addProgram(offset: number, wanted: WantedOfProgram, program: FoundProgram): void {
    this.#programs.add(writeProgramRecord(offset, wanted, program));
  }

  /** Adds a block of checkpoints of an earlier extract of the layer. */
  addCheckpoints(content: Buffer): void {
    this.#storeCheckpoints(content);
  }

  /** Returns the extract. Undefined if it is too large. */
  finish(claims: LayerClaims, { digest, diffId, tarBytes, verified }: WholeLayer): Buffer | undefined {
    this.#endPiece();
    this.#pieces.flush();
    this.#programs.flush();
    if (this.checkpoints.finish()) this.#checkpoints.flush();
    const end: ExtractEnd = {
      claims,
      layer: {
        ...(digest && { digest }),
        ...(diffId && { diffId }),
        ...(tarBytes !== undefined && { tarBytes }),
        verified,
      },
      readerVersion: this.#options.readerVersion,
    };
    const lastBlock = writeExtractBlock(extractBlock.end, Buffer.from(JSON.stringify(end)));
    this.#storedBytes += lastBlock.length;
    if (this.#isTooLarge()) return undefined;
    const fits = this.#storedBytes + this.#checkpointBytes <= this.#options.bytesMax;
    return Buffer.concat([...this.#stored, ...(fits ? this.#checkpointBlocks : []), lastBlock]);
  }

  #isTooLarge(): boolean {
    return this.#storedBytes > this.#options.bytesMax;
  }

  #endPiece(): void {
    const head = Buffer.alloc(pieceHeadBytes);
    head.writeUInt32BE(this.#keptBytes, 0);
    head.writeUIntBE(this.#leftOut, 4, 6);
    if (!this.#isTooLarge()) this.#pieces.add(head, ...this.#kept);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#leftOut = 0;
  }

  #store(kind: number, content: Buffer): void {
    if (this.#isTooLarge()) return;
    const block = writeExtractBlock(kind, content);
    this.#storedBytes += block.length;
    if (this.#isTooLarge()) this.#stored = [];
    else this.#stored.push(block);
  }

  #storeCheckpoints(content: Buffer): void {
    const block = writeExtractBlock(extractBlock.checkpoints, content);
    this.#checkpointBlocks.push(block);
    this.#checkpointBytes += block.length;
    if (this.#checkpointBytes <= limits.checkpointIndexBytes) return;
    this.checkpoints.stop();
    this.#checkpointBlocks = [];
    this.#checkpointBytes = Number.POSITIVE_INFINITY;
  }
}

/** Collects the content of the next block. */
class BlockBuffer {
  readonly #take: (content: Buffer) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(take: (content: Buffer) => void) {
    this.#take = take;
  }

  add(...parts: readonly Buffer[]): void {
    this.#parts.push(...parts);
    for (const { length } of parts) this.#bytes += length;
    if (this.#bytes >= extractBlockBytes) this.flush();
  }

  flush(): void {
    if (this.#bytes > 0) this.#take(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#bytes = 0;
  }
}
