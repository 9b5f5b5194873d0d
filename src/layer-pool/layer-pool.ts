import { availableParallelism } from 'node:os';
import { downloadLayer, type LayerDownload } from '../image/incoming/download-layer.ts';
import { isRemote, type LayerSource } from '../image/incoming/layer-source.ts';
import type { SourcePolicy } from '../image/incoming/source-policy.ts';
import { ClairError, type ErrorCode } from '../kit/errors.ts';
import { displayUrl } from '../kit/http-client.ts';
import { limits } from '../kit/limits.ts';
import type { LinkedPlace } from '../match/links.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { AnalyzerDescription } from '../plugin-host/description.ts';
import type { ReadLayerSource } from '../service/analyze-layers.ts';
import type { LayerThread } from './layer-thread.ts';
import { ThreadPool } from './thread-pool.ts';

/** How posted layers are read. */
export interface LayerPoolOptions {
  /** The script of a thread, `layer-worker`. */
  readonly script: URL;
  readonly policy: SourcePolicy;
  /** One per core unless given. */
  readonly threads?: number | undefined;
  /** Told of every layer that was read, or tried to. */
  readonly onRead?: (reading: LayerReading) => void;
  /** In place of the limits; for tests. */
  readonly bounds?: Partial<LayerBounds>;
}

/** What posted layers are limited to. */
export interface LayerBounds extends Pick<LayerDownload, 'idleMs' | 'bytesMax' | 'sleep'> {
  readonly waitingMax: number;
  readonly layerMs: number;
  readonly stopMs: number;
  readonly heapBytesMax: number;
}

/** How reading a layer went. */
export interface LayerReading {
  readonly seconds: number;
  /** That were downloaded; none of a file of this machine. */
  readonly bytes: number;
  /** `failed` for a fault of ours. */
  readonly outcome: 'read' | 'cancelled' | 'failed' | ErrorCode;
}

/** How busy the threads are. */
export interface PoolLoad {
  readonly threads: number;
  readonly busy: number;
  readonly waiting: number;
}

/** Reads posted layers, several at a time. Disposing it ends its threads. */
export interface LayerPool extends AsyncDisposable {
  /**
   * Throws `busy`, `layer-not-found`, `source-refused`, `target-corrupt` or `limit-exceeded`, and the reason of the signal when it
   * comes.
   */
  readonly read: ReadLayerSource;
  /** As `read`, with what plugins bring. */
  readonly reader: (analyzers: readonly AnalyzerDescription[]) => ReadLayerSource;
  readonly load: () => PoolLoad;
}

/** Starts a pool: the bytes of a layer come in on this thread, everything else is done on others. */
export function openLayerPool(options: LayerPoolOptions): LayerPool {
  const threads = options.threads ?? availableParallelism();
  const pool = new ThreadPool({
    script: options.script,
    threadsMax: threads,
    waitingMax: limits.layersWaiting,
    heapBytesMax: limits.layerHeapBytes,
    ...options.bounds,
  });
  const reader: LayerPool['reader'] =
    (analyzers) =>
    (source, { links, signal }) =>
      pool.use(signal, (thread) => readOn(thread, { source, links, signal, analyzers }, options));
  return {
    read: reader([]),
    reader,
    load: () => ({ threads, busy: pool.busy, waiting: pool.waiting }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

interface Order {
  readonly source: LayerSource;
  readonly links: readonly LinkedPlace[];
  readonly signal: AbortSignal;
  readonly analyzers: readonly AnalyzerDescription[];
}

async function readOn(thread: LayerThread, order: Order, options: LayerPoolOptions): Promise<LayerIndex> {
  const clock = new Clock(order.signal, options.bounds?.layerMs ?? limits.layerMs);
  let bytes = 0;
  const count = (more: number): void => {
    bytes += more;
  };
  const tell = (outcome: LayerReading['outcome']): void => {
    options.onRead?.({ seconds: clock.seconds, bytes, outcome });
  };
  try {
    const { source } = order;
    const index = isRemote(source.path)
      ? await readRemote(thread, { ...order, signal: clock.signal }, { ...options, count })
      : await readLocal(thread, { ...order, signal: clock.signal }, options);
    tell('read');
    return index;
  } catch (error) {
    tell(order.signal.aborted ? 'cancelled' : error instanceof ClairError ? error.code : 'failed');
    throw error;
  } finally {
    clock.stop();
  }
}

/** Headers stay on this thread; the other gets bytes. */
async function readRemote(
  thread: LayerThread,
  { source: { path: url, headers, format }, links, signal, analyzers }: Order,
  { policy, bounds, count }: LayerPoolOptions & { readonly count: (bytes: number) => void },
): Promise<LayerIndex> {
  const bytes = (over: AbortSignal): AsyncIterable<Uint8Array> =>
    counted(
      downloadLayer({
        ...bounds,
        url,
        headers,
        connect: policy.connect,
        signal: AbortSignal.any([signal, over]),
      }),
      count,
    );
  const task = { kind: 'stream', analyzers, name: displayUrl(url), format, links } as const;
  return theOnly(await thread.run(task, { bytes, signal }));
}

async function readLocal(
  thread: LayerThread,
  { source: { path: name, format }, links, signal, analyzers }: Order,
  { policy: { directories } }: LayerPoolOptions,
): Promise<LayerIndex> {
  return theOnly(await thread.run({ kind: 'file', analyzers, name, directories, format, links }, { signal }));
}

async function* counted(
  stream: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    count(piece.length);
    yield piece;
  }
}

function theOnly([index]: readonly LayerIndex[]): LayerIndex {
  if (index === undefined) throw new Error('the thread that reads layers gave no index');
  return index;
}

/** The time a layer takes, and may take. */
class Clock {
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(caller: AbortSignal, ms: number) {
    const late = new AbortController();
    this.#timer = setTimeout(() => {
      const message = `reading the layer takes more than ${ms / 1000} s`;
      late.abort(new ClairError('limit-exceeded', message, { limit: 'layerMs' }));
    }, ms);
    this.signal = AbortSignal.any([caller, late.signal]);
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
