import { ClairError, type ErrorCode } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

/** How reading a layer went. */
export interface LayerReadStats {
  readonly seconds: number;
  /** That were downloaded; none of a file of this machine. */
  readonly bytes: number;
  /** `failed` for a fault of ours. */
  readonly outcome: 'read' | 'cancelled' | 'failed' | ErrorCode;
}

/** What reading a layer is limited by, and who is told of it. */
interface LayerReadContextOptions {
  readonly onRead?: (reading: LayerReadStats) => void;
  readonly bounds?: { readonly layerMs?: number };
}

/** The reading of one layer: the time it takes and may take, and how it ends. Disposing it ends its download. */
export class LayerReadContext implements AsyncDisposable {
  readonly #options: LayerReadContextOptions;
  readonly #timeout = new AbortController();
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #started: number | undefined;
  /** Of whoever posted the layer. */
  readonly callerSignal: AbortSignal;
  /** Of that, of the time that is over, and of the end. */
  readonly signal: AbortSignal;
  /** That came in. */
  bytes = 0;

  constructor(caller: AbortSignal, options: LayerReadContextOptions) {
    this.#options = options;
    this.callerSignal = caller;
    this.signal = AbortSignal.any([caller, this.#timeout.signal, this.#ended.signal]);
  }

  /** Says that a thread was there for it: what waits for one is not counted. */
  start(): void {
    const ms = this.#options.bounds?.layerMs ?? limits.layerMs;
    this.#started = performance.now();
    this.#timer = setTimeout(() => {
      const message = `reading the layer takes more than ${ms / 1000} s`;
      this.#timeout.abort(new ClairError('limit-exceeded', message, { limit: 'layerMs' }));
    }, ms);
  }

  /** Waits for the outcome, and tells of it. */
  async track<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#report('read');
      return result;
    } catch (error) {
      const cause: unknown = this.#timeout.signal.aborted ? this.#timeout.signal.reason : error;
      this.#report(
        this.callerSignal.aborted ? 'cancelled' : cause instanceof ClairError ? cause.code : 'failed',
      );
      if (this.callerSignal.aborted) throw this.callerSignal.reason as Error;
      throw cause;
    }
  }

  /** Ends the download. */
  end(): void {
    this.#ended.abort(new Error('the layer is read no further'));
  }

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
