import type { PayloadSink } from './walker.ts';

/** Takes the payload of a member of so many bytes, and hands it over in one piece when it is there. */
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
