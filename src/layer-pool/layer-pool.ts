import { availableParallelism } from 'node:os';
import { downloadLayer, type LayerDownload } from '../image/incoming/download-layer.ts';
import { claimsOf, isRemote, type LayerSource } from '../image/incoming/layer-source.ts';
import type { SourcePolicy } from '../image/incoming/source-policy.ts';
import { displayUrl } from '../kit/http/http-client.ts';
import { paced } from '../kit/http/paced.ts';
import { limits } from '../kit/limits.ts';
import type { LinkedPlace } from '../match/links.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { AnalyzerDescription } from '../plugin-host/description.ts';
import type { ReadLayerSource } from '../service/images/analyze-layers.ts';
import { Incoming } from './incoming.ts';
import type { LayerThread } from './layer-thread.ts';
import { Places } from './places.ts';
import { type LayerReading, Reading } from './reading.ts';
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
  readonly graceMs: number;
  readonly layerMs: number;
  readonly stopMs: number;
  readonly heapBytesMax: number;
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
  const stalled = new Places(options.bounds?.waitingMax ?? limits.layersWaiting);
  const reader: LayerPool['reader'] =
    (analyzers) =>
    async (source, { links, signal }) => {
      await using reading = new Reading(signal, options);
      const order = { source, links, reading, analyzers };
      return await reading.watched(
        isRemote(source.path)
          ? readRemote(order, { pool, stalled, options })
          : readLocal(order, pool, options),
      );
    };
  return {
    read: reader([]),
    reader,
    load: () => ({ threads, busy: pool.busy, waiting: pool.waiting + stalled.taken }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

interface Order {
  readonly source: LayerSource;
  readonly links: readonly LinkedPlace[];
  readonly reading: Reading;
  readonly analyzers: readonly AnalyzerDescription[];
}

interface RemoteRoom {
  readonly pool: ThreadPool;
  /** Downloads that were begun and of which nothing came yet. */
  readonly stalled: Places;
  readonly options: LayerPoolOptions;
}

/**
 * Headers stay on this thread; the other gets bytes. A server that is slow to begin keeps no thread: that goes to the next layer, and is
 * taken again when bytes flow.
 */
async function readRemote(order: Order, { pool, stalled, options }: RemoteRoom): Promise<LayerIndex> {
  const { reading } = order;
  const readOn = (thread: LayerThread, incoming: Incoming): Promise<LayerIndex> =>
    readStream(thread, order, incoming);
  const begun = await pool.use(reading.caller, async (thread) => {
    reading.start();
    const incoming = new Incoming(download(order, options));
    const isFlowing = await incoming.flowsWithin(options.bounds?.graceMs ?? limits.layerGraceMs);
    return isFlowing ? { index: await readOn(thread, incoming) } : { incoming };
  });
  if (begun.index !== undefined) return begun.index;
  const { incoming } = begun;
  await stalled.use(() => incoming.flows());
  return await pool.use(reading.signal, (thread) => readOn(thread, incoming));
}

function download(
  { source: { path: url, headers }, reading }: Order,
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
  return paced(counted(bytes, reading), bounds?.idleMs ?? limits.idleMs);
}

async function readStream(
  thread: LayerThread,
  { source, links, reading, analyzers }: Order,
  incoming: Incoming,
): Promise<LayerIndex> {
  const layer = { name: displayUrl(source.path), claims: claimsOf(source), options: { verify: true, links } };
  const task = { kind: 'stream', analyzers, ...layer } as const;
  const bytes = (over: AbortSignal): Incoming => {
    over.addEventListener('abort', () => {
      reading.end();
    });
    return incoming;
  };
  return await thread.readOne(task, { bytes, signal: reading.signal });
}

async function readLocal(
  { source, links, reading, analyzers }: Order,
  pool: ThreadPool,
  { policy: { directories } }: LayerPoolOptions,
): Promise<LayerIndex> {
  return await pool.use(reading.caller, async (thread) => {
    reading.start();
    const layer = { name: source.path, claims: claimsOf(source), options: { verify: true, links } };
    const task = { kind: 'file', analyzers, directories, ...layer } as const;
    return await thread.readOne(task, { signal: reading.signal });
  });
}

async function* counted(stream: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    reading.bytes += piece.length;
    yield piece;
  }
}
