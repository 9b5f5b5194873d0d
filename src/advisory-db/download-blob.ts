import { ClairError, messageOf } from '../core/errors.ts';
import { type RangeResponse, resumableDownload } from '../kit/http/resumable-download.ts';
import type { BlobReference } from './documents.ts';
import { damaged } from './manifest.ts';
import { type BlobOptions, BrokenDownload } from './place.ts';

/** A blob on a server. */
export interface RemoteBlob {
  readonly reference: BlobReference;
  /** Where it is, for messages. */
  readonly location: string;
  /** Starts a download at an offset, or at the start if the server cannot serve ranges. */
  readonly open: (from: number) => Promise<RangeResponse>;
}

/**
 * Downloads a blob from where an earlier download broke. Throws `feed-corrupt` if it has another size, and `BrokenDownload` with the bytes
 * so far if the connection breaks repeatedly or the server fails.
 */
export async function downloadBlob(
  { reference: { digest, size }, location, open }: RemoteBlob,
  { received }: BlobOptions = {},
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = received?.copy(bytes) ?? 0;
  try {
    for await (const piece of resumableDownload({
      name: `blob ${digest}`,
      sizeBytes: size,
      from: length,
      open,
    })) {
      bytes.set(piece, length);
      length += piece.length;
    }
    return bytes;
  } catch (error) {
    if (error instanceof ClairError && error.code === 'target-corrupt')
      throw damaged(location, error.message, error);
    const cause = error instanceof ClairError ? error.cause : error;
    throw new BrokenDownload(messageOf(error), bytes.subarray(0, length), cause);
  }
}
