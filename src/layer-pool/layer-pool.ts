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
import { onlyIndex, type TaskOptions } from './layer-thread.ts';
import { PrefetchedStream } from './prefetched-stream.ts';
import type { LayerTask } from './protocol.ts';
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
      try {
        const indexes = await (isRemote(source.path)
          ? readRemote(job, { pool, stalled, options })
          : readLocal(job, pool, options));
        reading.succeed();
        return onlyIndex(indexes);
      } catch (error) {
        throw reading.fail(error);
      }
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
async function readRemote(
  job: ReadJob,
  { pool, stalled, options }: RemoteReadDeps,
): Promise<readonly LayerIndex[]> {
  const { source, reading } = job;
  const task: LayerTask = { kind: 'stream', name: displayUrl(source.path), ...inputOf(job) };
  let stream: PrefetchedStream;
  {
    using lease = await pool.acquire(reading.callerSignal);
    reading.start();
    stream = new PrefetchedStream(download(job, options));
    if (await stream.hasFirstChunkWithin(options.bounds?.graceMs ?? limits.layerGraceMs))
      return await lease.thread.run(task, streamOptions(stream, reading));
  }
  await stalled.run(() => stream.waitForFirstChunk());
  using lease = await pool.acquire(reading.signal);
  return await lease.thread.run(task, streamOptions(stream, reading));
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
    onProgress: ({ receivedBytes }) => {
      reading.bytes = receivedBytes;
    },
  });
  return withMinimumThroughput(bytes, bounds?.idleMs ?? limits.idleMs);
}

async function readLocal(
  job: ReadJob,
  pool: ThreadPool,
  { policy: { directories } }: LayerPoolOptions,
): Promise<readonly LayerIndex[]> {
  const { source, reading } = job;
  using lease = await pool.acquire(reading.callerSignal);
  reading.start();
  const task: LayerTask = { kind: 'file', name: source.path, directories, ...inputOf(job) };
  return await lease.thread.run(task, { signal: reading.signal });
}

function inputOf({ source, links, analyzers }: ReadJob) {
  return { analyzers, claims: claimsOf(source), options: { verify: true, links } };
}

/** Returns the options of a task that reads a download, which ends with the task. */
function streamOptions(stream: PrefetchedStream, reading: LayerReadContext): TaskOptions {
  const bytes = (ended: AbortSignal): PrefetchedStream => {
    ended.addEventListener('abort', () => {
      reading.end();
    });
    return stream;
  };
  return { bytes, signal: reading.signal };
}
