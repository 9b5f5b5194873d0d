import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import type { BlockObserver, BytesSink, Inflater } from './inflater.ts';
import type { ZlibEngine } from './zlib-engine.ts';

/** `Z_FINISH` of zlib.h and `ZSTD_e_end` of zstd.h. */
const finishFlags = { gzip: 4, zstd: 2 } as const;

/**
 * `Z_BLOCK` of zlib.h, which stops at the end of a block, and `ZSTD_e_continue` of zstd.h, which always stops at the end of a frame. Numbers, since
 * a scan of a small file loads this module and does without `node:zlib`.
 */
const blockFlags = { gzip: 5, zstd: 0 } as const;

const outputBytes = 256 * 1024;
const nothing = Buffer.alloc(0);

/**
 * Node's own zlib, called synchronously on one reused output buffer. It needs half the time and a tenth of the memory of the public stream
 * (docs/performance.md). These calls are internals of Node, so a self-check decides whether this class is used. `StreamInflater` does the
 * same through the public interface.
 */
export class NativeInflater implements Inflater {
  readonly #engine: ZlibEngine;
  readonly #sink: BytesSink;
  readonly #output: Buffer = Buffer.allocUnsafeSlow(outputBytes);
  readonly #finish: number;
  readonly #blockFlag: number;
  readonly #blocks: BlockObserver | undefined;
  /** Stored bytes of earlier pushes. */
  #position = 0;
  #failure: Error | undefined;
  /** Zeros follow the last gzip member. Bytes after them are not read. */
  #isPadding = false;

  constructor(compression: 'gzip' | 'zstd', sink: BytesSink, blocks?: BlockObserver) {
    const stream = compression === 'gzip' ? createGunzip() : createZstdDecompress();
    this.#engine = stream as unknown as ZlibEngine;
    this.#engine._handle.onerror = (message) => {
      this.#failure = new Error(message);
    };
    this.#finish = finishFlags[compression];
    this.#sink = sink;
    this.#blockFlag = blockFlags[compression];
    this.#blocks = blocks;
  }

  push(bytes: Buffer): void {
    if (!this.#isPadding) this.#run(bytes, constants.Z_NO_FLUSH);
    this.#position += bytes.length;
  }

  end(): void {
    this.#run(nothing, this.#finish);
    this.#engine._handle.close();
  }

  #run(input: Buffer, flush: number): void {
    let unread = input.length;
    for (;;) {
      const stopsAtBlock = this.#stopsAtBlock(input.length - unread, flush);
      const { free, left } = this.#inflate(stopsAtBlock ? this.#blockFlag : flush, input, unread);
      const isStuck = free === outputBytes && left === unread;
      unread = left;
      if (stopsAtBlock && free > 0 && left > 0) {
        // Neither the input nor the output is the reason to stop.
        this.#blocks?.blockEnded(this.#position + input.length - left);
      } else if (isStuck || (unread === 0 && free > 0)) {
        // No progress and no error: zlib stops where zeros follow a member.
        this.#isPadding = isStuck && unread > 0;
        return;
      }
    }
  }

  /** Inflates as much as fits into the output. Returns the free bytes of the output, and the unread ones of the input. */
  #inflate(mode: number, input: Buffer, unread: number): { readonly free: number; readonly left: number } {
    const { _handle: handle, _writeState: state } = this.#engine;
    handle.writeSync(mode, input, input.length - unread, unread, this.#output, 0, outputBytes);
    if (this.#failure !== undefined) throw this.#failure;
    const [free = 0, left = 0] = state;
    if (free < outputBytes) this.#sink(this.#output.subarray(0, outputBytes - free));
    return { free, left };
  }

  #stopsAtBlock(read: number, flush: number): boolean {
    return flush === constants.Z_NO_FLUSH && this.#blocks?.wantsBlockEnd(this.#position + read) === true;
  }
}

/** The word `clair` twice, as two gzip members and as two zstd frames. */
const samples = {
  gzip: Buffer.from('H4sIAAAAAAAAA0vOScwsAgDS02EqBQAAAB+LCAAAAAAAAANLzknMLAIA0tNhKgUAAAA=', 'base64'),
  zstd: Buffer.from('KLUv/SAFKQAAY2xhaXIotS/9IAUpAABjbGFpcg==', 'base64'),
};

/** Returns whether this Node has the internals that `NativeInflater` uses: it must inflate two members of a known text. */
export function nativeInflateWorks(compression: 'gzip' | 'zstd'): boolean {
  try {
    let text = '';
    const inflater = new NativeInflater(compression, (bytes) => {
      text += bytes.toString('latin1');
    });
    inflater.push(samples[compression]);
    inflater.end();
    return text === 'clairclair';
  } catch {
    return false;
  }
}
