import { ClairError, type ErrorCode } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

/** Statistics of one read of a layer. */
export interface LayerReadStats {
  readonly seconds: number;
  /** Bytes downloaded; 0 for a local file. */
  readonly bytes: number;
  /** `failed` means an internal error. */
  readonly outcome: 'read' | 'cancelled' | 'failed' | ErrorCode;
}

/** Limits of reading a layer, and the callback that receives the statistics. */
interface LayerReadContextOptions {
  readonly onRead?: (reading: LayerReadStats) => void;
  readonly bounds?: { readonly layerMs?: number };
}

/** One read of a layer: its timeout, its abort signal and its statistics. Dispose it to end its download. */
export class LayerReadContext implements AsyncDisposable {
  readonly #options: LayerReadContextOptions;
  /** The signal of the caller that posted the layer. */
  readonly #caller: AbortSignal;
  readonly #timeout = new AbortController();
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #started: number | undefined;
  /** Aborts when the caller aborts, when the time limit is reached, and when the read ends. */
  readonly signal: AbortSignal;
  /** Bytes downloaded so far. */
  bytes = 0;

  constructor(caller: AbortSignal, options: LayerReadContextOptions) {
    this.#options = options;
    this.#caller = caller;
    this.signal = AbortSignal.any([caller, this.#timeout.signal, this.#ended.signal]);
  }

  /** Starts the clock when the read gets a thread, so that waiting for a thread does not count. */
  start(): void {
    const ms = this.#options.bounds?.layerMs ?? limits.layerMs;
    this.#started = performance.now();
    this.#timer = setTimeout(() => {
      const message = `reading the layer takes longer than ${ms / 1000} s`;
      this.#timeout.abort(new ClairError('limit-exceeded', message, { limit: 'layerMs' }));
    }, ms);
  }

  /** Reports the statistics of a complete read. */
  succeed(): void {
    this.#report('read');
  }

  /** Reports the statistics of a failed read. Returns the error that the caller gets: the reason of an abort comes before `error`. */
  fail(error: unknown): unknown {
    const cause: unknown = this.#timeout.signal.aborted ? this.#timeout.signal.reason : error;
    this.#report(this.#caller.aborted ? 'cancelled' : cause instanceof ClairError ? cause.code : 'failed');
    return this.#caller.aborted ? this.#caller.reason : cause;
  }

  /** Ends the download. */
  readonly end = (): void => {
    this.#ended.abort(new Error('the layer is no longer read'));
  };

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.end();
  }

  #report(outcome: LayerReadStats['outcome']): void {
    if (this.#started === undefined) return;
    const seconds = (performance.now() - this.#started) / 1000;
    this.#options.onRead?.({ seconds, bytes: this.bytes, outcome });
  }
}
