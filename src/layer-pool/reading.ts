import { ClairError, type ErrorCode } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';

/** How reading a layer went. */
export interface LayerReading {
  readonly seconds: number;
  /** That were downloaded; none of a file of this machine. */
  readonly bytes: number;
  /** `failed` for a fault of ours. */
  readonly outcome: 'read' | 'cancelled' | 'failed' | ErrorCode;
}

/** What reading a layer is limited by, and who is told of it. */
interface ReadingOptions {
  readonly onRead?: (reading: LayerReading) => void;
  readonly bounds?: { readonly layerMs?: number };
}

/** The reading of one layer: the time it takes and may take, and how it ends. Disposing it ends its download. */
export class Reading implements AsyncDisposable {
  readonly #options: ReadingOptions;
  readonly #late = new AbortController();
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #started: number | undefined;
  /** Of whoever posted the layer. */
  readonly caller: AbortSignal;
  /** Of that, of the time that is over, and of the end. */
  readonly signal: AbortSignal;
  /** That came in. */
  bytes = 0;

  constructor(caller: AbortSignal, options: ReadingOptions) {
    this.#options = options;
    this.caller = caller;
    this.signal = AbortSignal.any([caller, this.#late.signal, this.#over.signal]);
  }

  /** Says that a thread was there for it: what waits for one is not counted. */
  start(): void {
    const ms = this.#options.bounds?.layerMs ?? limits.layerMs;
    this.#started = performance.now();
    this.#timer = setTimeout(() => {
      const message = `reading the layer takes more than ${ms / 1000} s`;
      this.#late.abort(new ClairError('limit-exceeded', message, { limit: 'layerMs' }));
    }, ms);
  }

  /** Waits for the outcome, and tells of it. */
  async watched<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#tell('read');
      return result;
    } catch (error) {
      const why: unknown = this.#late.signal.aborted ? this.#late.signal.reason : error;
      this.#tell(this.caller.aborted ? 'cancelled' : why instanceof ClairError ? why.code : 'failed');
      if (this.caller.aborted) throw this.caller.reason as Error;
      throw why;
    }
  }

  /** Ends the download. */
  end(): void {
    this.#over.abort(new Error('the layer is read no further'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.end();
  }

  #tell(outcome: LayerReading['outcome']): void {
    if (this.#started === undefined) return;
    const seconds = (performance.now() - this.#started) / 1000;
    this.#options.onRead?.({ seconds, bytes: this.bytes, outcome });
  }
}
