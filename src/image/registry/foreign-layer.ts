import { ClairError, messageOf } from '../../core/errors.ts';
import { displayUrl } from '../../kit/http/http-client.ts';
import type { ConnectionOptions } from '../../kit/http/http-transport.ts';
import type { Digest } from '../../model/digest.ts';
import { downloadLayer } from '../posted/download-layer.ts';
import { sourcePolicy } from '../posted/source-policy.ts';

/** A layer that its registry may not give away, and the places it may be had from. OCI image-spec, "Non-Distributable Layers". */
export interface ForeignLayer {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly urls: readonly string[];
  /** Its bytes from the registry, which may have them all the same. */
  readonly fromRegistry: AsyncIterable<Uint8Array>;
  /** How to connect to those places. */
  readonly connect: (url: URL) => ConnectionOptions;
  readonly signal: AbortSignal;
}

/** An image may not have a machine ask for what only that machine can reach: the public Internet alone is asked. */
export function publicInternet(): ForeignLayer['connect'] {
  const everywhere = { schemes: ['http', 'https'], hosts: ['*'], networks: [], directories: [] };
  return sourcePolicy({ policy: 'strict', ...everywhere }).connect;
}

/** The bytes of such a layer from the first place that has it. Throws `target-not-found` with what each said. */
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
  const message = `the layer ${digest} is kept outside of the registry, and is not to be had there: ${failures.join('; ')}`;
  throw new ClairError('target-not-found', message);
}

function refused(url = ''): string {
  return `${displayUrl(url)} is not on the public Internet and is not asked`;
}

async function* fromUrl(
  url: string,
  { sizeBytes, connect, signal }: ForeignLayer,
): AsyncGenerator<Uint8Array> {
  const download = { url, headers: {}, connect, isBulk: true, signal, bytesMax: sizeBytes };
  let received = 0;
  for await (const piece of downloadLayer(download)) {
    received += piece.length;
    yield piece;
  }
  if (received < sizeBytes)
    throw new ClairError('target-corrupt', `${displayUrl(url)} gave ${received} bytes of ${sizeBytes}`);
}
