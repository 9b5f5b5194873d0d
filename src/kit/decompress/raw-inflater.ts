import { constants, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { ZlibEngine } from './zlib-engine.ts';

/** `clair`, deflated. */
const sample = Buffer.from('S85JzCwCAA==', 'base64');

/**
 * Inflates many small pieces of data of known size with one zlib stream. A stream for each takes three times as long. These calls are
 * internals of Node, so it checks them first, and does nothing if they fail.
 */
export class RawInflater {
  #engine: ZlibEngine | undefined;
  /** Number of pieces that zlib refused. */
  #failures = 0;
  #scratch: Buffer = Buffer.alloc(0);

  constructor() {
    const engine = createInflateRaw() as unknown as ZlibEngine;
    this.#engine = engine;
    if (!this.#works(engine)) this.#engine = undefined;
  }

  /** Returns the content if it has this size and ends with the data. Undefined in any other case, so that the caller can find out why. */
  inflate(data: Buffer, size: number): Buffer | undefined {
    if (this.#engine === undefined) return undefined;
    const { _handle: handle, _writeState: state } = this.#engine;
    // With one byte more, zlib reaches the end of the data.
    const out = Buffer.allocUnsafe(size + 1);
    const failures = this.#failures;
    handle.reset();
    handle.writeSync(constants.Z_FINISH, data, 0, data.length, out, 0, out.length);
    const [free, unread] = state;
    return this.#failures !== failures || free !== 1 || unread !== 0 ? undefined : out.subarray(0, size);
  }

  /**
   * Returns what data inflates to that may be cut, up to `bytesMax`. Undefined if they are not deflated data. Valid until the next call. An
   * error of zlib is not made, which takes longer than to inflate a little.
   */
  beginning(data: Buffer, bytesMax: number): Buffer | undefined {
    if (this.#engine === undefined) return inflateBeginning(data, bytesMax);
    const { _handle: handle, _writeState: state } = this.#engine;
    if (this.#scratch.length < bytesMax) this.#scratch = Buffer.allocUnsafe(bytesMax);
    const failures = this.#failures;
    handle.reset();
    handle.writeSync(constants.Z_SYNC_FLUSH, data, 0, data.length, this.#scratch, 0, bytesMax);
    const [free = 0] = state;
    return this.#failures === failures ? this.#scratch.subarray(0, bytesMax - free) : undefined;
  }

  #works({ _handle: handle }: ZlibEngine): boolean {
    try {
      handle.onerror = () => {
        this.#failures++;
      };
      return this.inflate(sample, 5)?.toString('latin1') === 'clair';
    } catch {
      return false;
    }
  }
}

function inflateBeginning(data: Buffer, bytesMax: number): Buffer | undefined {
  try {
    return inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: bytesMax });
  } catch {
    return undefined;
  }
}
