import type { PayloadSink } from './walker.ts';

/** Collects the payload of a member of `size` bytes and passes it on in one piece when it is complete. */
export function collectPayload(size: number, onPayload: (bytes: Buffer) => void): PayloadSink {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  return {
    write: (piece) => {
      filled += piece.copy(bytes, filled);
    },
    close: () => {
      onPayload(bytes);
    },
  };
}
