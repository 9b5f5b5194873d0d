import { availableParallelism } from 'node:os';
import { limits } from '../core/limits.ts';
import { downloadLayer, type LayerDownload } from '../image/posted/download-layer.ts';
import { claimsOf, isRemote, type LayerSource } from '../image/posted/layer-source.ts';
import type { SourcePolicy } from '../image/posted/source-policy.ts';
import { displayUrl } from '../kit/http/http-client.ts';
import { withMinimumThroughput } from '../kit/http/minimum-throughput.ts';
import type { LinkTarget } from '../match/links.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { AnalyzerDescription } from '../plugin-host/analyzer-description.ts';
import type { ReadLayerSource } from '../service/images/analyze-layers.ts';
import { AdmissionLimit } from './admission-limit.ts';
import { LayerReadContext, type LayerReadStats } from './layer-read-context.ts';
import type { LayerThread } from './layer-thread.ts';
import { PrefetchedStream } from './prefetched-stream.ts';
import { ThreadPool } from './thread-pool.ts';

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
export interface LayerBounds extends Pick<LayerDownload, 'idleMs' | 'bytesMax' | 'sleep'> {
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
  /** Throws `busy`, `layer-not-found`, `source-refused`, `target-corrupt` or `limit-exceeded`, or the signal's reason if it aborts. */
  readonly read: ReadLayerSource;
  /** Returns a `read` that also runs the given analyzers of plugins. */
  readonly reader: (analyzers: readonly AnalyzerDescription[]) => ReadLayerSource;
  readonly load: () => PoolLoad;
}

/** Starts a pool. The calling thread receives the bytes of a layer; other threads decompress and analyze them. */
export function openLayerPool(options: LayerPoolOptions): LayerPool {
  const threads = options.threads ?? availableParallelism();
  const pool = new ThreadPool({
    script: options.script,
    threadsMax: threads,
    waitingMax: limits.layersWaiting,
    heapBytesMax: limits.layerHeapBytes,
    ...options.bounds,
  });
  const stalled = new AdmissionLimit(options.bounds?.waitingMax ?? limits.layersWaiting);
  const reader: LayerPool['reader'] =
    (analyzers) =>
    async (source, { links, signal }) => {
      await using reading = new LayerReadContext(signal, options);
      const job = { source, links, reading, analyzers };
      return await reading.track(
        isRemote(source.path) ? readRemote(job, { pool, stalled, options }) : readLocal(job, pool, options),
      );
    };
  return {
    read: reader([]),
    reader,
    load: () => ({ threads, busy: pool.busy, waiting: pool.waiting + stalled.admitted }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

interface ReadJob {
  readonly source: LayerSource;
  readonly links: readonly LinkTarget[];
  readonly reading: LayerReadContext;
  readonly analyzers: readonly AnalyzerDescription[];
}

interface RemoteReadDeps {
  readonly pool: ThreadPool;
  /** Downloads that have started but have not yet received a byte. */
  readonly stalled: AdmissionLimit;
  readonly options: LayerPoolOptions;
}

/**
 * Downloads a layer on this thread, which keeps the headers, and sends its bytes to a layer thread. If the server is slow to respond, frees
 * the layer thread for another layer, and takes one again when bytes arrive.
 */
async function readRemote(job: ReadJob, { pool, stalled, options }: RemoteReadDeps): Promise<LayerIndex> {
  const { reading } = job;
  const readOn = (thread: LayerThread, stream: PrefetchedStream): Promise<LayerIndex> =>
    readStream(thread, job, stream);
  const firstTry = await pool.use(reading.callerSignal, async (thread) => {
    reading.start();
    const stream = new PrefetchedStream(download(job, options));
    const isFlowing = await stream.hasFirstChunkWithin(options.bounds?.graceMs ?? limits.layerGraceMs);
    return isFlowing ? { index: await readOn(thread, stream) } : { incoming: stream };
  });
  if (firstTry.index !== undefined) return firstTry.index;
  const { incoming: stream } = firstTry;
  await stalled.run(() => stream.waitForFirstChunk());
  return await pool.use(reading.signal, (thread) => readOn(thread, stream));
}

function download(
  { source: { path: url, headers }, reading }: ReadJob,
  { policy, bounds }: LayerPoolOptions,
): AsyncIterable<Uint8Array> {
  const { connect, isProxied } = policy;
  const bytes = downloadLayer({
    ...bounds,
    url,
    headers,
    connect,
    isBulk: !isProxied,
    signal: reading.signal,
  });
  return withMinimumThroughput(countBytes(bytes, reading), bounds?.idleMs ?? limits.idleMs);
}

async function readStream(
  thread: LayerThread,
  { source, links, reading, analyzers }: ReadJob,
  stream: PrefetchedStream,
): Promise<LayerIndex> {
  const layer = { name: displayUrl(source.path), claims: claimsOf(source), options: { verify: true, links } };
  const task = { kind: 'stream', analyzers, ...layer } as const;
  const bytes = (ended: AbortSignal): PrefetchedStream => {
    ended.addEventListener('abort', () => {
      reading.end();
    });
    return stream;
  };
  return await thread.readOne(task, { bytes, signal: reading.signal });
}

async function readLocal(
  { source, links, reading, analyzers }: ReadJob,
  pool: ThreadPool,
  { policy: { directories } }: LayerPoolOptions,
): Promise<LayerIndex> {
  return await pool.use(reading.callerSignal, async (thread) => {
    reading.start();
    const layer = { name: source.path, claims: claimsOf(source), options: { verify: true, links } };
    const task = { kind: 'file', analyzers, directories, ...layer } as const;
    return await thread.readOne(task, { signal: reading.signal });
  });
}

async function* countBytes(
  stream: AsyncIterable<Uint8Array>,
  reading: LayerReadContext,
): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    reading.bytes += piece.length;
    yield piece;
  }
}
