import { createHash, type Hash } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { AnyInflater } from '../../kit/decompress/any-inflater.ts';
import type { Compression } from '../../kit/decompress/compression.ts';
import type { PieceHash, StartHash } from '../../kit/decompress/split/shared-hash.ts';
import { blockBytes, hasValidChecksum, TarError } from '../../kit/tar/header.ts';
import type { TarWalker } from '../../kit/tar/walker.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';
import type { LayerClaims } from '../image-layer.ts';
import type { CheckpointRecorder } from './checkpoint/checkpoint-recorder.ts';
import type { LayerCollector } from './collector.ts';
import { assertDigestMatches, digestOf } from './layer-digest.ts';
import { createLayerWalk, type LayerReadResult, type ReadOptions } from './layer-walk.ts';

/**
 * Reads the stored bytes of a layer in one pass: hashes, inflates, walks and collects them. Hashes the stored bytes if the image states
 * their digest, and the inflated bytes if it states only a diffID. Hashes both with `verify`, and if the media type does not state the
 * compression. A layer without any claimed digest gets a diffID.
 */
export class LayerReader {
  readonly #layer: LayerClaims;
  readonly #storedMax: number;
  readonly #collector: LayerCollector;
  readonly #walker: TarWalker;
  readonly #stored: Hash | undefined;
  /** Digest of the stored bytes, if another thread hashes them. */
  #hashed: Digest | undefined;
  #compression: Compression | undefined;
  readonly #startHash: StartHash;
  #inflated: PieceHash | undefined;
  readonly #inflater: AnyInflater;
  readonly #checkpoints: CheckpointRecorder | undefined;
  /** The last push that has not settled. */
  #lastPush: Promise<void> | undefined;
  /** Error that stopped decompression or the walk. */
  #failure: Error | undefined;
  /** Error that stopped the walk, while decompression continues. */
  #tarFailure: TarError | undefined;
  /** The first stored bytes, up to the size of a tar block. */
  #head: Buffer = Buffer.alloc(0);
  #bytesIn = 0;
  #bytesOut = 0;

  /** `storedMax`: for a member of a compressed archive, the bytes on disk that the layer comes from. */
  constructor(layer: LayerClaims, options: ReadOptions, storedMax: number = Number.POSITIVE_INFINITY) {
    this.#layer = layer;
    this.#storedMax = storedMax;
    const { walker, collector } = createLayerWalk(layer, options);
    this.#walker = walker;
    this.#collector = collector;
    this.#checkpoints = options.recorder?.checkpoints;
    this.#inflater = new AnyInflater((bytes) => {
      this.#take(bytes);
    }, this.#checkpoints);
    const stored = layer.digest ?? layer.eitherDigest;
    if (stored !== undefined) this.#stored = createHash(digestAlgorithm(stored));
    this.#startHash = options.startHash ?? createHash;
    if (layer.digest === undefined || options.verify) this.#inflated = this.#hashInflated();
  }

  /** Takes the next stored bytes. The buffer may be reused when `push` returns, or when its promise settles. */
  push(bytes: Buffer): void | Promise<void> {
    this.#bytesIn += bytes.length;
    this.#stored?.update(bytes);
    if (this.#head.length < blockBytes)
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, blockBytes - this.#head.length)]);
    if (this.#failure !== undefined) return undefined;
    this.#checkpoints?.beginInput(bytes);
    const pushed = this.#deferFailure(() => this.#inflater.push(bytes));
    this.#checkpoints?.endInput();
    if (pushed !== undefined) this.#lastPush = pushed;
    return pushed;
  }

  /**
   * Takes inflated bytes instead of stored ones: all that `inflate` passes on. `head` has the first stored bytes. The sink also gets the
   * number of stored bytes that were read for them.
   */
  inflateBy(
    { head, compression }: { readonly head: Buffer; readonly compression: Compression },
    inflate: (sink: (bytes: Buffer, bytesIn: number) => void) => void,
  ): void {
    this.#head = head;
    this.#compression = compression;
    // Nothing is pending: the sink is synchronous.
    void this.#deferFailure(() => {
      inflate((bytes, bytesIn) => {
        this.#bytesIn = bytesIn;
        this.#take(bytes);
      });
    });
  }

  /** Ends the layer after `inflateBy`, with the digest of its stored bytes. Throws as `end` does. */
  endHashed(digest: Digest): LayerReadResult {
    this.#hashed = digest;
    return this.#finish();
  }

  /** Ends the layer. Throws if it is truncated or does not match its digests. */
  end(): LayerReadResult | Promise<LayerReadResult> {
    const endInflater = (): void | Promise<void> =>
      this.#failure === undefined ? this.#deferFailure(() => this.#inflater.end()) : undefined;
    const ended = this.#lastPush === undefined ? endInflater() : this.#lastPush.then(endInflater);
    return ended === undefined ? this.#finish() : ended.then(() => this.#finish());
  }

  /**
   * Runs a step of reading. If it fails and the image states the digest of the stored bytes, defers the error until all bytes are hashed.
   * Then it is known whether the layer is damaged.
   */
  #deferFailure(step: () => void | Promise<void>): void | Promise<void> {
    const keep = (error: unknown): void => {
      if (error instanceof ClairError || !(error instanceof Error) || this.#layer.digest === undefined)
        throw error;
      this.#failure = error;
    };
    try {
      return step()?.catch(keep);
    } catch (error) {
      keep(error);
      return undefined;
    }
  }

  #finish(): LayerReadResult {
    const { eitherDigest } = this.#layer;
    const digest =
      this.#hashed ?? (this.#stored && digestOf(this.#stored, this.#layer.digest ?? eitherDigest));
    assertDigestMatches('digest', this.#layer.digest, digest, this.#failure);
    if (this.#failure !== undefined) throw this.#failure;
    const diffId = this.#inflated
      ? digestOf(this.#inflated, this.#layer.diffId)
      : this.#uncompressedDiffId(digest);
    this.#assertStatedCompression(diffId);
    this.#assertUnambiguous(diffId);
    assertDigestMatches('diffID', this.#layer.diffId, diffId, this.#tarFailure);
    if (this.#tarFailure !== undefined) throw this.#tarFailure;
    this.#walker.end();
    if (eitherDigest !== undefined && digest !== eitherDigest && diffId !== eitherDigest)
      throw new ClairError(
        'layer-mismatch',
        `the content has the digest ${digest}, and ${diffId} uncompressed, not ${eitherDigest}`,
      );
    const verified = [this.#layer.digest, this.#layer.diffId, eitherDigest].some(
      (claim) => claim !== undefined,
    );
    return {
      collected: this.#collector.finish(),
      tarBytes: this.#bytesOut,
      verified,
      ...(digest && { digest }),
      ...(diffId && { diffId }),
    };
  }

  get #actualCompression(): Compression | undefined {
    return this.#compression ?? this.#inflater.compression;
  }

  /**
   * Hashes the stored bytes if the compression is not stated. Bytes may be both a tar archive and a compressed stream, and then the diffID
   * decides.
   */
  #hashIfUnstated(): void {
    const { statedCompression } = this.#layer;
    const compression = this.#actualCompression;
    if (this.#inflated !== undefined || compression === statedCompression) return;
    if (compression !== 'none') this.#inflated = this.#hashInflated();
  }

  #hashInflated(): PieceHash {
    const { diffId } = this.#layer;
    return this.#startHash(diffId ? digestAlgorithm(diffId) : 'sha256');
  }

  /** Returns the digest of the stored bytes as the diffID if they are not compressed. */
  #uncompressedDiffId(digest: Digest | undefined): Digest | undefined {
    const { diffId } = this.#layer;
    if (this.#actualCompression !== 'none' || digest === undefined) return undefined;
    return diffId === undefined || digestAlgorithm(diffId) === digestAlgorithm(digest) ? digest : undefined;
  }

  #assertStatedCompression(actual: Digest | undefined): void {
    const { statedCompression, diffId } = this.#layer;
    const compression = this.#actualCompression;
    if (diffId === undefined || actual === undefined || actual === diffId) return;
    if (compression === 'none' || compression === statedCompression) return;
    const stated =
      statedCompression === undefined
        ? 'nothing states a compression'
        : `the media type states ${statedCompression}`;
    throw new ClairError(
      'target-corrupt',
      `its bytes begin as those of ${compression}, but ${stated}, and decompressed its diffID is ${actual}, not ${diffId} as the image says: runtimes differ in how they read it`,
    );
  }

  /** Throws if bytes are both a compressed stream and a tar archive, and no diffID or media type decides. */
  #assertUnambiguous(actual: Digest | undefined): void {
    const { statedCompression, diffId, eitherDigest } = this.#layer;
    const compression = this.#actualCompression;
    if (diffId !== undefined || (eitherDigest !== undefined && eitherDigest === actual)) return;
    if (compression === 'none' || compression === statedCompression) return;
    if (this.#head.length < blockBytes || !hasValidChecksum(this.#head, 0)) return;
    throw new ClairError(
      'layer-unreadable',
      `its bytes begin as those of ${compression}, but are a tar archive too; nothing states which is meant, and runtimes differ in how they read it`,
    );
  }

  #take(bytes: Buffer): void {
    this.#bytesOut += bytes.length;
    this.#checkpoints?.takeInflated(bytes);
    if (this.#bytesOut > limits.layerBytes) {
      throw new ClairError('limit-exceeded', `more than ${limits.layerBytes} uncompressed bytes`, {
        limit: 'layerBytes',
      });
    }
    if (
      this.#bytesOut > limits.inflateRatioFromBytes &&
      this.#bytesOut > Math.min(this.#bytesIn, this.#storedMax) * limits.inflateRatio
    ) {
      throw new ClairError(
        'limit-exceeded',
        `it inflates to more than ${limits.inflateRatio} times its size`,
        { limit: 'inflateRatio' },
      );
    }
    if (this.#bytesOut === bytes.length) this.#hashIfUnstated();
    this.#inflated?.update(bytes);
    if (this.#tarFailure === undefined) this.#walk(bytes);
  }

  /** Walks inflated bytes. Without a digest of the stored bytes, defers an error in the archive until the diffID is known. */
  #walk(bytes: Buffer): void {
    try {
      this.#walker.push(bytes);
    } catch (error) {
      const { digest, diffId } = this.#layer;
      if (!(error instanceof TarError) || digest !== undefined || diffId === undefined) throw error;
      this.#tarFailure = error;
    }
  }
}
