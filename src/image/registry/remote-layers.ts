import { createHash } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import { resumableDownload } from '../../kit/http/resumable-download.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';
import { type Descriptor, verifyDigest } from '../format/documents.ts';
import type { FetchedImage } from '../format/fetched-image.ts';
import type { StreamedLayer } from '../image.ts';
import type { ImageLayer } from '../image-layer.ts';
import { assertDigestMatches, digestOf } from '../layer/layer-digest.ts';
import { findTable } from '../partial/find-table.ts';
import type { PinnedTable } from '../partial/partial-layer.ts';
import { SociIndex } from '../partial/soci.ts';
import type { StoredLayer } from '../partial/stored-layer.ts';
import { BlobRanges } from './blob-ranges.ts';
import { downloadForeignLayer, type ForeignLayer } from './foreign-layer.ts';
import type { RepositoryClient } from './repository-client.ts';

/** The layers of an image in its manifest, and how to fetch them. */
export class RemoteLayers {
  readonly #descriptors: ReadonlyMap<Digest, Descriptor>;
  readonly #repository: RepositoryClient;
  readonly #connect: ForeignLayer['connect'];
  readonly #ranges: BlobRanges;
  readonly #soci: SociIndex | undefined;

  /** `connect` returns the connection options for non-distributable layers. */
  constructor(
    { descriptors, sociIndex }: Pick<FetchedImage, 'descriptors' | 'sociIndex'>,
    repository: RepositoryClient,
    connect: ForeignLayer['connect'],
  ) {
    this.#connect = connect;
    this.#descriptors = new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor]));
    this.#repository = repository;
    this.#ranges = new BlobRanges(repository);
    this.#soci = sociIndex && new SociIndex(sociIndex, repository);
  }

  /** Finds the table of contents of a layer. Returns undefined if the layer has none, is small, or is not in the registry. */
  findTable(layer: ImageLayer): PinnedTable | undefined {
    const descriptor = layer.digest && this.#descriptors.get(layer.digest);
    const stored = this.openInParts(layer);
    return descriptor && stored && findTable(descriptor, stored, this.#soci);
  }

  /** Opens a layer as stored, to fetch parts of it. Returns undefined if it is small, or is not in the registry. */
  openInParts({ digest }: ImageLayer): StoredLayer | undefined {
    const descriptor = digest && this.#descriptors.get(digest);
    if (digest === undefined || descriptor === undefined) return undefined;
    const { size = 0, data, urls } = descriptor;
    if (data || (urls && urls.length > 0) || size < limits.partialLayerBytes) return undefined;
    return { sizeBytes: size, readRange: this.#ranges.of(digest, size) };
  }

  /** Yields all layers concurrently. Fetches nothing before the bytes are read. */
  async *streamLayers(layers: readonly ImageLayer[], signal: AbortSignal): AsyncGenerator<StreamedLayer> {
    for (const layer of layers) {
      const descriptor = layer.digest && this.#descriptors.get(layer.digest);
      if (descriptor === undefined) throw new Error(`the manifest has no layer ${layer.digest ?? ''}`);
      yield { layer, bytes: this.#bytesOf(descriptor, signal) };
    }
  }

  /**
   * Checks that each layer comes with the image: its repository has it, the manifest embeds it, or one of its URLs has it. The bytes of
   * the last two are hashed, since a manifest can state any digest. Throws `registry-…` and `target-…` errors.
   */
  async check(signal: AbortSignal): Promise<void> {
    const turns = new Semaphore(limits.layerChecksAtOnce);
    const descriptors = [...this.#descriptors.values()];
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    try {
      await Promise.all(descriptors.map((one) => turns.run(() => this.#checkOne(one, either))));
    } finally {
      ending.abort();
    }
  }

  async #checkOne(descriptor: Descriptor, signal: AbortSignal): Promise<void> {
    const { digest, data, urls } = descriptor;
    if (data) {
      verifyDigest(Buffer.from(data, 'base64'), digest);
      return;
    }
    try {
      await this.#repository.checkBlob(digest, signal);
    } catch (error) {
      if (!urls?.length || !isNotFound(error)) throw error;
      await verifyStream(this.#bytesOf(descriptor, signal), digest);
    }
  }

  #bytesOf(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { digest, size = 0, data, urls } = descriptor;
    if (data) return inline(data, digest);
    const fromRegistry = resumableDownload({
      name: `blob ${digest}`,
      sizeBytes: size,
      open: (from) => this.#repository.fetchBlob(digest, from, signal),
      signal,
    });
    return urls && urls.length > 0
      ? downloadForeignLayer({ fromRegistry, urls, digest, sizeBytes: size, connect: this.#connect, signal })
      : fromRegistry;
  }
}

/** Yields the content embedded in a descriptor. OCI image-spec, "Embedded Content". */
async function* inline(data: string, digest: Digest): AsyncGenerator<Uint8Array> {
  yield verifyDigest(Buffer.from(data, 'base64'), digest);
}

function isNotFound(error: unknown): boolean {
  return error instanceof ClairError && error.code === 'target-not-found';
}

/** Reads a stream to its end. Throws `target-corrupt` if it has another digest. */
async function verifyStream(bytes: AsyncIterable<Uint8Array>, digest: Digest): Promise<void> {
  const hash = createHash(digestAlgorithm(digest));
  for await (const chunk of bytes) hash.update(chunk);
  assertDigestMatches('digest', digest, digestOf(hash, digest));
}
