import { availableParallelism } from 'node:os';
import { limits } from '../core/limits.ts';
import { LayerDownload, type LayerDownloadOptions } from '../image/posted/download-layer.ts';
import { claimsOf, isRemote, type LayerSource, mustHaveContent } from '../image/posted/layer-source.ts';
import type { SourcePolicy } from '../image/posted/source-policy.ts';
import { Semaphore } from '../kit/async/semaphore.ts';
import { yieldToOthers } from '../kit/async/yield.ts';
import { displayUrl } from '../kit/http/http-client.ts';
import type { AnalyzerDescription } from '../plugin-host/analyzer-description.ts';
import type { ReadLayerSource } from '../service/images/analyze-layers.ts';
import { AdmissionLimit } from './admission-limit.ts';
import { LayerReadContext, type LayerReadStats } from './layer-read-context.ts';
import { onlyIndex } from './layer-thread.ts';
import { type ThreadLease, ThreadPool } from './thread-pool.ts';

/** Options of `openLayerPool`. */
export interface LayerPoolOptions {
  /** URL of the thread's script, `layer-worker`. */
  readonly script: URL;
  readonly policy: SourcePolicy;
  /** Number of threads; one per core by default. */
  readonly threads?: number | undefined;
  /** Called after each layer that a thread read, or failed to read. */
  readonly onRead?: (reading: LayerReadStats) => void;
  /** Overrides of the limits, for tests. */
  readonly bounds?: Partial<LayerBounds>;
}

/** Limits of posted layers. */
export interface LayerBounds extends Pick<LayerDownloadOptions, 'idleMs' | 'bytesMax' | 'sleep'> {
  readonly waitingMax: number;
  readonly graceMs: number;
  readonly layerMs: number;
  readonly stopMs: number;
  readonly heapBytesMax: number;
}

/** Load of the threads. */
export interface PoolLoad {
  readonly threads: number;
  readonly busy: number;
  readonly waiting: number;
}

/** Reads posted layers, several at a time. Dispose the pool to end its threads. */
export interface LayerPool extends AsyncDisposable {
  /**
   * Returns a function that reads layers, also with the given analyzers of plugins. It throws `busy`, `layer-not-found`, `layer-interrupted`,
   * `source-refused`, `target-corrupt` or `limit-exceeded`, or the signal's reason if it aborts.
   */
  reader(analyzers: readonly AnalyzerDescription[]): ReadLayerSource;
  load(): PoolLoad;
}

/** Starts a pool. The calling thread receives the bytes of a layer; other threads decompress and analyze them. */
export function openLayerPool(options: LayerPoolOptions): LayerPool {
  return new PostedLayerPool(options);
}

class PostedLayerPool implements LayerPool {
  readonly #options: LayerPoolOptions;
  readonly #threadsMax: number;
  readonly #threads: ThreadPool;
  /** Downloads that have started but have not yet received a byte. */
  readonly #stalled: AdmissionLimit;
  /** Results wait here. Each is squashed on this thread afterwards, which takes long if the layer is hostile. */
  readonly #results = new Semaphore(1);

  constructor(options: LayerPoolOptions) {
    const { script, bounds, threads = availableParallelism() } = options;
    this.#options = options;
    this.#threadsMax = threads;
    this.#threads = new ThreadPool({
      script,
      threadsMax: threads,
      waitingMax: limits.layersWaiting,
      heapBytesMax: limits.layerHeapBytes,
      ...bounds,
    });
    this.#stalled = new AdmissionLimit(bounds?.waitingMax ?? limits.layersWaiting);
  }

  /** Keeps the headers of a download on this thread, and passes on its bytes only. */
  readonly reader =
    (analyzers: readonly AnalyzerDescription[]): ReadLayerSource =>
    async (source, { links, signal }) => {
      await using reading = new LayerReadContext(signal, this.#options);
      try {
        const free = await this.#threads.acquire(signal);
        reading.start();
        const download = isRemote(source.path) ? this.#download(source, reading) : undefined;
        using lease = download === undefined ? free : await this.#leaseFor(download, free, reading);
        const input = { analyzers, claims: claimsOf(source), options: { verify: true, links } };
        const { directories } = this.#options.policy;
        const result = await lease.thread.run(
          download === undefined
            ? { kind: 'file', name: source.path, directories, ...input }
            : { kind: 'stream', name: displayUrl(source.path), ...input },
          { signal: reading.signal, bytes: download, onEnded: reading.end },
        );
        reading.succeed();
        await this.#results.run(yieldToOthers);
        return onlyIndex(result);
      } catch (error) {
        throw reading.fail(error);
      }
    };

  load(): PoolLoad {
    const { busy, waiting } = this.#threads;
    return { threads: this.#threadsMax, busy, waiting: waiting + this.#stalled.admitted };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads[Symbol.asyncDispose]();
  }

  #download(source: LayerSource, reading: LayerReadContext): LayerDownload {
    const { path: url, headers } = source;
    const { policy, bounds } = this.#options;
    const { connect, isProxied } = policy;
    return new LayerDownload({
      ...bounds,
      url,
      headers,
      connect,
      isBulk: !isProxied,
      expectsContent: mustHaveContent(source),
      signal: reading.signal,
      onProgress: ({ receivedBytes }) => {
        reading.bytes = receivedBytes;
      },
    });
  }

  /** Returns the lease when bytes arrive soon. Otherwise frees its thread for another layer, and takes one again when bytes arrive. */
  async #leaseFor(
    download: LayerDownload,
    lease: ThreadLease,
    { signal }: LayerReadContext,
  ): Promise<ThreadLease> {
    let isPrompt = false;
    try {
      isPrompt = await download.hasBegunWithin(this.#options.bounds?.graceMs ?? limits.layerGraceMs);
    } finally {
      if (!isPrompt) lease[Symbol.dispose]();
    }
    if (isPrompt) return lease;
    await this.#stalled.run(() => download.waitForBegin());
    return await this.#threads.acquire(signal);
  }
}
