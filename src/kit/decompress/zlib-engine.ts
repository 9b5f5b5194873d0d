/** The internals of a zlib stream of Node that are called synchronously. Each user checks first that they work. */
export interface ZlibEngine {
  readonly _handle: ZlibHandle;
  /** State after the last call: free output bytes, unread input bytes. */
  readonly _writeState: Uint32Array;
}

interface ZlibHandle {
  writeSync(
    flush: number,
    input: Buffer,
    inOff: number,
    inLen: number,
    out: Buffer,
    outOff: number,
    outLen: number,
  ): void;
  reset(): void;
  close(): void;
  onerror: (message: string, errno: number, code: string) => void;
}
