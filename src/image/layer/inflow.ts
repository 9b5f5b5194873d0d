import { createHash, type Hash } from 'node:crypto';
import { AnyInflater } from '../../kit/decompress/any-inflater.ts';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import type { TarWalker } from '../../kit/tar/walker.ts';
import { type Digest, digestAlgorithm } from '../../model/digest.ts';
import type { LayerClaims } from '../image-layer.ts';
import type { LayerCollector } from './collector.ts';
import { openLayer, type ReadLayer, type ReadOptions } from './reading.ts';

/**
 * A layer flowing in as stored bytes: hashed, inflated, walked and collected in one pass, whatever it comes from. What is
 * hashed: the stored bytes where the image names their digest, the inflated ones where it names only a diffID, both with
 * `verify`; a layer without any claimed digest gets a diffID.
 */
export class LayerInflow {
  readonly #layer: LayerClaims;
  readonly #storedMax: number;
  readonly #collector: LayerCollector;
  readonly #walker: TarWalker;
  readonly #stored: Hash | undefined;
  readonly #inflated: Hash | undefined;
  readonly #inflater = new AnyInflater((bytes) => {
    this.#take(bytes);
  });
  /** The last push that did not end at once. */
  #pushed: Promise<void> | undefined;
  #bytesIn = 0;
  #bytesOut = 0;

  /** `storedMax`: of an archive that is compressed itself, the bytes on disk that the layer comes from. */
  constructor(layer: LayerClaims, options: ReadOptions, storedMax: number = Number.POSITIVE_INFINITY) {
    this.#layer = layer;
    this.#storedMax = storedMax;
    const { walker, collector } = openLayer(layer, options);
    this.#walker = walker;
    this.#collector = collector;
    const stored = layer.digest ?? layer.eitherDigest;
    if (stored !== undefined) this.#stored = createHash(digestAlgorithm(stored));
    if (layer.digest === undefined || options.verify)
      this.#inflated = createHash(layer.diffId ? digestAlgorithm(layer.diffId) : 'sha256');
  }

  /** Takes the next stored bytes; they may be reused once it has returned, or its promise has settled. */
  push(bytes: Buffer): void | Promise<void> {
    this.#bytesIn += bytes.length;
    this.#stored?.update(bytes);
    const pushed = this.#inflater.push(bytes);
    if (pushed !== undefined) this.#pushed = pushed;
    return pushed;
  }

  /** Says that the layer ends here. Throws when it is cut short or is not what its digest says. */
  end(): ReadLayer | Promise<ReadLayer> {
    const ended =
      this.#pushed === undefined ? this.#inflater.end() : this.#pushed.then(() => this.#inflater.end());
    return ended === undefined ? this.#finish() : ended.then(() => this.#finish());
  }

  #finish(): ReadLayer {
    this.#walker.end();
    const { eitherDigest } = this.#layer;
    const digest = this.#stored && digestOf(this.#stored, this.#layer.digest ?? eitherDigest);
    const diffId = this.#inflated && digestOf(this.#inflated, this.#layer.diffId);
    refuseUnequal('digest', this.#layer.digest, digest);
    refuseUnequal('diffID', this.#layer.diffId, diffId);
    if (eitherDigest !== undefined && digest !== eitherDigest && diffId !== eitherDigest)
      throw new ClairError(
        'target-corrupt',
        `it is ${digest}, and ${diffId} uncompressed, not ${eitherDigest}`,
      );
    const verified = [this.#layer.digest, this.#layer.diffId, eitherDigest].some(
      (claim) => claim !== undefined,
    );
    return {
      collected: this.#collector.collected(),
      tarBytes: this.#bytesOut,
      verified,
      ...(digest && { digest }),
      ...(diffId && { diffId }),
    };
  }

  #take(bytes: Buffer): void {
    this.#bytesOut += bytes.length;
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
    this.#inflated?.update(bytes);
    this.#walker.push(bytes);
  }
}

function digestOf(hash: Hash, claimed: Digest | undefined): Digest {
  const algorithm = claimed === undefined ? 'sha256' : digestAlgorithm(claimed);
  return `${algorithm}:${hash.digest('hex')}` as Digest;
}

function refuseUnequal(what: string, claimed: Digest | undefined, actual: Digest | undefined): void {
  if (claimed !== undefined && actual !== undefined && claimed !== actual) {
    throw new ClairError('target-corrupt', `its ${what} is ${actual}, not ${claimed} as the image says`);
  }
}
