import { ClairError } from '../../kit/errors.ts';
import type { Digest } from '../../model/digest.ts';
import type { ArrivingLayer } from '../arriving.ts';
import { type Descriptor, verified } from '../format/documents.ts';
import { statedCompression } from '../format/layer-types.ts';
import type { ImageLayer } from '../image-layer.ts';
import type { StoredFile } from '../medium/medium.ts';
import { blobBytes } from './blob-bytes.ts';
import type { Distribution } from './distribution.ts';
import { type ForeignLayer, foreignBytes } from './foreign-layer.ts';

/** The layers of an image, as its manifest names them, and how they are fetched. */
export class RemoteLayers {
  readonly #descriptors: ReadonlyMap<Digest, Descriptor>;
  readonly #distribution: Distribution;
  readonly #connect: ForeignLayer['connect'];

  /** `connect`: to where layers are kept that registries may not give away. */
  constructor(
    descriptors: readonly Descriptor[],
    distribution: Distribution,
    connect: ForeignLayer['connect'],
  ) {
    this.#connect = connect;
    this.#descriptors = new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor]));
    this.#distribution = distribution;
  }

  /** Each at once: nothing is fetched before its bytes are read. */
  async *bring(layers: readonly ImageLayer[], signal: AbortSignal): AsyncGenerator<ArrivingLayer> {
    for (const layer of layers) {
      const descriptor = layer.digest && this.#descriptors.get(layer.digest);
      if (descriptor === undefined) throw new Error(`the manifest has no layer ${layer.digest ?? ''}`);
      yield { layer, bytes: this.#bytesOf(descriptor, signal) };
    }
  }

  #bytesOf(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { digest, size = 0, data, urls } = descriptor;
    if (data) return inline(data, digest);
    const ofRegistry = blobBytes({
      digest,
      sizeBytes: size,
      open: (from) => this.#distribution.blob(digest, from, signal),
      signal,
    });
    return urls && urls.length > 0
      ? foreignBytes({ ofRegistry, urls, digest, sizeBytes: size, connect: this.#connect, signal })
      : ofRegistry;
  }
}

/** OCI image-spec, "Embedded Content". */
async function* inline(data: string, digest: Digest): AsyncGenerator<Uint8Array> {
  yield verified(Buffer.from(data, 'base64'), digest);
}

/** A layer as a file that lies elsewhere. Throws `target-unsupported` for what nobody can read, `target-corrupt` without a size. */
export function layerFile(name: string, descriptor: Descriptor | undefined): StoredFile | undefined {
  if (descriptor === undefined) return undefined;
  const { mediaType = '', digest, size } = descriptor;
  if (mediaType.endsWith('+encrypted'))
    throw new ClairError('target-unsupported', `the layer ${digest} of ${name} is encrypted`);
  if (size === undefined || !Number.isSafeInteger(size) || size < 0)
    throw new ClairError('target-corrupt', `the layer ${digest} of ${name} has no size`);
  const place = { kind: 'remote', path: `${name} ${digest}` } as const;
  return { place, compression: statedCompression(mediaType) ?? 'none', sizeBytes: size };
}
