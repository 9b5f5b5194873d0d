import { constants, createInflateRaw } from 'node:zlib';
import type { ZlibEngine } from '../zlib-engine.ts';

/** Bytes that a deflate stream may refer back to. */
export const windowBytes: number = 32 * 1024;

/** One deflate stream without header, inflated by single calls of zlib. `nativeInflateWorks` says whether this Node has these calls. */
export class RawEngine {
  readonly #engine: ZlibEngine;
  /** Stored bytes that the last call took. */
  read = 0;
  /** Bytes that the last call inflated. */
  written = 0;
  /** Undefined while the stream is valid. */
  failure: Error | undefined;

  /** `window` has the bytes before the stream. */
  constructor(window?: Buffer) {
    const dictionary = window === undefined || window.length === 0 ? {} : { dictionary: window };
    this.#engine = createInflateRaw(dictionary) as unknown as ZlibEngine;
    this.#engine._handle.onerror = (message) => {
      this.failure = new Error(message);
    };
  }

  /** Inflates as much of the input as fits into the output, or into its first `max` bytes. Sets `read`, `written` and `failure`. */
  run(input: Buffer, output: Buffer, max: number = output.length): void {
    this.#call(constants.Z_NO_FLUSH, input, output, max);
  }

  /** Sets `failure` if the stream has not ended. */
  finish(output: Buffer): void {
    this.#call(constants.Z_FINISH, Buffer.alloc(0), output, output.length);
  }

  close(): void {
    this.#engine._handle.close();
  }

  #call(flush: number, input: Buffer, output: Buffer, max: number): void {
    const { _handle: handle, _writeState: state } = this.#engine;
    handle.writeSync(flush, input, 0, input.length, output, 0, max);
    const [free = 0, left = 0] = state;
    this.read = input.length - left;
    this.written = max - free;
  }
}
