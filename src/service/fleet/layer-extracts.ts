import { messageOf } from '../../core/errors.ts';
import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { ExtractBucket } from '../../store/layer-extract-store.ts';
import type { Store } from '../../store/store.ts';

/**
 * Outcomes of a look for an extract. `used`: the layer was not fetched. `completed`: parts of it were fetched. `absent`: there is no extract.
 * `incomplete`: an extension wants more than it has, and parts would not do. `damaged`: it is not what was written. `unavailable`: the bucket did
 * not answer.
 */
export const extractReadOutcomes = [
  'used',
  'completed',
  'absent',
  'incomplete',
  'damaged',
  'unavailable',
] as const;

/** Outcomes of the writing of an extract. `too-large`: it exceeds the setting, and none was written. */
export const extractWriteOutcomes = ['written', 'too-large', 'failed'] as const;

/** The bytes that were written, and the error of a failed write. */
export interface ExtractWriteDetails {
  readonly bytes: number;
  readonly error?: unknown;
}

/** The bytes of parts of the layer that were fetched, and the error of a failed read. */
export interface ExtractReadDetails {
  readonly fetchedBytes?: number;
  readonly error?: unknown;
}

/** Receives what happens to extracts. */
export interface ExtractObserver {
  readonly onRead: (
    outcome: (typeof extractReadOutcomes)[number],
    identity: string,
    details: ExtractReadDetails,
  ) => void;
  readonly onWrite: (
    outcome: (typeof extractWriteOutcomes)[number],
    identity: string,
    details: ExtractWriteDetails,
  ) => void;
}

/** Dependencies of `LayerExtracts`. */
export interface LayerExtractsDeps extends ExtractObserver {
  readonly store: Pick<Store, 'layerExtracts'>;
  /** Undefined if extracts are in the store. */
  readonly bucket: ExtractBucket | undefined;
  /** Maximum bytes of an extract to write. */
  readonly bytesMax: number;
  /** Time for which a bucket that did not answer is not asked again, in milliseconds. */
  readonly pauseMs: number;
  readonly now: () => Date;
}

/** Something made of an extract. */
export interface UseOfExtract<T> {
  readonly made: T;
  /** Bytes of parts of the layer that were fetched; 0 if the extract had everything. */
  readonly fetchedBytes: number;
}

/**
 * Analyzes an extract. Returns undefined if the layer must be fetched. Throws `LayerPartsError` if parts of the layer were needed and could not be
 * used, and any other error if the extract is damaged.
 */
type AnalyzeExtract<T> = (extract: Uint8Array) => Promise<UseOfExtract<T> | undefined>;

/** Thrown if parts of a layer could not be fetched, or do not complete its extract. */
export class LayerPartsError extends Error {
  constructor(cause: unknown) {
    super(`parts of the layer could not be used: ${messageOf(cause)}`, { cause });
    this.name = 'LayerPartsError';
  }
}

/** The extracts of layers. They only save work: without one, the layer is fetched. */
export class LayerExtracts {
  readonly bytesMax: number;
  readonly #deps: LayerExtractsDeps;
  #pausedUntil = 0;

  constructor(deps: LayerExtractsDeps) {
    this.bytesMax = deps.bytesMax;
    this.#deps = deps;
  }

  /** Returns what `analyze` makes of the extract of a layer. Undefined if the layer must be fetched. Throws the reason of the signal. */
  async use<T>(
    layer: ImageLayer,
    analyze: AnalyzeExtract<T>,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined> {
    const identity = layerIdentity(layer, { verify: true });
    if (identity === undefined) return undefined;
    const extract = await this.#find(identity, signal);
    if (extract === undefined) return undefined;
    const { onRead } = this.#deps;
    try {
      const use = await analyze(extract);
      const { fetchedBytes = 0 } = use ?? {};
      const outcome = fetchedBytes > 0 ? 'completed' : 'used';
      onRead(use === undefined ? 'incomplete' : outcome, identity, { fetchedBytes });
      return use?.made;
    } catch (error) {
      signal?.throwIfAborted();
      // If the layer itself is the cause, reading it gives the error.
      onRead(error instanceof LayerPartsError ? 'incomplete' : 'damaged', identity, { error });
      return undefined;
    }
  }

  /** Keeps the extract of a layer; undefined if it is too large. Does not throw: the layer was read. */
  async keep(layer: ImageLayer, extract: Uint8Array | undefined, signal?: AbortSignal): Promise<void> {
    const { store, bucket, onWrite } = this.#deps;
    const identity = layerIdentity(layer, { verify: true });
    if (identity === undefined) return;
    if (extract === undefined) {
      onWrite('too-large', identity, { bytes: 0 });
      return;
    }
    try {
      const record = { sha256: sha256Of(extract), bytes: extract.length };
      // The record comes first, so that maintenance finds each object. An extract that does not fit its record is not used.
      await store.layerExtracts.save(identity, record, bucket === undefined ? extract : undefined);
      if (bucket !== undefined) await this.#upload(identity, extract, signal);
      onWrite('written', identity, { bytes: extract.length });
    } catch (error) {
      onWrite('failed', identity, { bytes: 0, error });
    }
  }

  async #find(identity: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const { store, onRead } = this.#deps;
    const record = await store.layerExtracts.find(identity);
    if (record === undefined) {
      onRead('absent', identity, {});
      return undefined;
    }
    const extract = record.content ?? (await this.#download(identity, record.bytes, signal));
    if (extract === undefined) return undefined;
    if (extract.length === record.bytes && sha256Of(extract) === record.sha256) return extract;
    const error = new Error('it has another digest or size than the extract that was written');
    onRead('damaged', identity, { error });
    return undefined;
  }

  async #download(
    identity: string,
    bytes: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const { bucket, onRead } = this.#deps;
    if (bucket === undefined || this.#isPaused()) {
      onRead(bucket === undefined ? 'absent' : 'unavailable', identity, {});
      return undefined;
    }
    try {
      const extract = await bucket.read(identity, bytes, signal);
      if (extract === undefined) onRead('absent', identity, {});
      return extract;
    } catch (error) {
      signal?.throwIfAborted();
      this.#pause();
      onRead('unavailable', identity, { error });
      return undefined;
    }
  }

  async #upload(identity: string, extract: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isPaused()) throw new Error('the bucket did not answer a moment ago');
    try {
      await this.#deps.bucket?.write(identity, extract, signal);
    } catch (error) {
      this.#pause();
      throw error;
    }
  }

  #pause(): void {
    const { now, pauseMs } = this.#deps;
    this.#pausedUntil = now().getTime() + pauseMs;
  }

  #isPaused(): boolean {
    return this.#deps.now().getTime() < this.#pausedUntil;
  }
}
