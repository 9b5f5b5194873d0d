import { ClairError, messageOf } from '../../core/errors.ts';
import { displayUrl } from '../../kit/http/http-client.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import type { Digest } from '../../model/digest.ts';
import { LayerDownload } from '../posted/download-layer.ts';
import { sourcePolicy } from '../posted/source-policy.ts';

/** A layer that its registry may not distribute, with the URLs of other locations. OCI image-spec, "Non-Distributable Layers". */
export interface ForeignLayer {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly urls: readonly string[];
  /** The bytes from the registry, which may have the layer nevertheless. */
  readonly fromRegistry: AsyncIterable<Uint8Array>;
  /** Returns the connection options for one of the URLs. */
  readonly connect: (url: URL) => ConnectionOptions;
  readonly signal: AbortSignal;
}

/**
 * Returns connection options that allow the public Internet only. Otherwise an image could make this machine send requests to internal
 * hosts (SSRF).
 */
export function publicInternet(): ForeignLayer['connect'] {
  const everywhere = { schemes: ['http', 'https'], hosts: ['*'], networks: [], directories: [] };
  return sourcePolicy({ policy: 'strict', ...everywhere }).connect;
}

/** Downloads the layer from the first location that has it. Throws `target-not-found` with the error of each location. */
export async function* downloadForeignLayer(layer: ForeignLayer): AsyncGenerator<Uint8Array> {
  const { urls, fromRegistry, digest, signal } = layer;
  const failures: string[] = [];
  for (const source of [fromRegistry, ...urls.map((url) => fromUrl(url, layer))]) {
    let isBegun = false;
    try {
      for await (const piece of source) {
        isBegun = true;
        yield piece;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (isBegun || !(error instanceof ClairError)) throw error;
      failures.push(error.code === 'source-refused' ? refused(urls[failures.length - 1]) : messageOf(error));
    }
  }
  const message = `the layer ${digest} is stored outside the registry, and no location provides it: ${failures.join('; ')}`;
  throw new ClairError('target-not-found', message);
}

function refused(url = ''): string {
  return `${displayUrl(url)} is not on the public Internet and was not requested`;
}

async function* fromUrl(
  url: string,
  { sizeBytes, connect, signal }: ForeignLayer,
): AsyncGenerator<Uint8Array> {
  const download = { url, headers: {}, connect, isBulk: true, signal, bytesMax: sizeBytes };
  let received = 0;
  for await (const piece of new LayerDownload(download)) {
    received += piece.length;
    yield piece;
  }
  if (received < sizeBytes)
    throw new ClairError('target-corrupt', `${displayUrl(url)} returned ${received} bytes of ${sizeBytes}`);
}
