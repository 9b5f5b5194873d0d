import { type ImageLayer, layerIdentity } from '../../image/image-layer.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { ExtractBucket } from '../../store/layer-extract-store.ts';
import type { Store } from '../../store/store.ts';

/**
 * Outcomes of a look for an extract. `used`: the layer was not fetched. `absent`: there is no extract. `incomplete`: an extension wants more than
 * it has. `damaged`: it is not what was written. `unavailable`: the bucket did not answer.
 */
export const extractReadOutcomes = ['used', 'absent', 'incomplete', 'damaged', 'unavailable'] as const;

/** Outcomes of the writing of an extract. `too-large`: it exceeds the setting, and none was written. */
export const extractWriteOutcomes = ['written', 'too-large', 'failed'] as const;

/** The bytes that were written, and the error of a failed write. */
export interface ExtractWriteDetails {
  readonly bytes: number;
  readonly error?: unknown;
}

/** Receives what happens to extracts. */
export interface ExtractObserver {
  /** With the error if the extract is damaged, or if the bucket did not answer. */
  readonly onRead: (outcome: (typeof extractReadOutcomes)[number], identity: string, error?: unknown) => void;
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

/** Analyzes an extract. Returns undefined if it lacks something. Throws if it is damaged. */
type AnalyzeExtract<T> = (extract: Uint8Array) => Promise<T | undefined>;

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
      const made = await analyze(extract);
      onRead(made === undefined ? 'incomplete' : 'used', identity);
      return made;
    } catch (error) {
      signal?.throwIfAborted();
      // If the layer itself is the cause, reading it gives the error.
      onRead('damaged', identity, error);
      return undefined;
    }
  }

  /** Keeps the extract of a layer; undefined if it is too large. Does not throw: the layer was read. */
  async keep(layer: ImageLayer, extract: Uint8Array | undefined, signal: AbortSignal): Promise<void> {
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
      onRead('absent', identity);
      return undefined;
    }
    const extract = record.content ?? (await this.#download(identity, record.bytes, signal));
    if (extract === undefined) return undefined;
    if (extract.length === record.bytes && sha256Of(extract) === record.sha256) return extract;
    onRead('damaged', identity, new Error('it has another digest or size than the extract that was written'));
    return undefined;
  }

  async #download(
    identity: string,
    bytes: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const { bucket, onRead } = this.#deps;
    if (bucket === undefined || this.#isPaused()) {
      onRead(bucket === undefined ? 'absent' : 'unavailable', identity);
      return undefined;
    }
    try {
      const extract = await bucket.read(identity, bytes, signal);
      if (extract === undefined) onRead('absent', identity);
      return extract;
    } catch (error) {
      signal?.throwIfAborted();
      this.#pause();
      onRead('unavailable', identity, error);
      return undefined;
    }
  }

  async #upload(identity: string, extract: Uint8Array, signal: AbortSignal): Promise<void> {
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
