import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { OpenInParts, StreamedLayer, StreamLayers } from '../../image/image.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import { nameOfLayer } from '../../image/layer/layer-name.ts';
import { isDivisible } from '../../image/layer/read-split.ts';
import { elementAt } from '../../kit/collections.ts';
import type { InflateAhead } from '../../kit/decompress/split/ahead-task.ts';
import { type HashAhead, SharedHash } from '../../kit/decompress/split/shared-hash.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type {
  CompletedExtract,
  ExtractedIndex,
  ExtractingOptions,
  ExtractResult,
} from './analyze-extract.ts';
import { type AnalysisOptions, type Analyzers, analyzeLayers, analyzeStream } from './analyze-layers.ts';

/** Compressed bytes from which a worker thread pays off. Starting one takes about 30 ms. */
const minWorkerBytes: number = 24 * 1024 * 1024;

/**
 * Minimum share of the work for a worker thread. Transferring bytes to it costs a tenth more, which pays off only above this share. It is
 * smaller if one layer is nearly all of the image.
 */
const minWorkerShare = 0.2;

/** Share of the work from which one layer is divided. Two threads with a layer each have less work in all, but one of them waits. */
const minSplitShare = 0.6;

/** A thread that analyzes layers. Disposing it ends the thread. */
export interface LayerWorker extends AsyncDisposable {
  /** Analyzes layers on this machine. */
  analyze(layers: readonly ImageLayer[], options: AnalysisOptions): Promise<readonly LayerIndex[]>;
  /** Analyzes one layer while its bytes arrive, and makes an extract with `extractBytesMax`. Stops reading when the signal aborts. */
  analyzeStream(
    streamedLayer: StreamedLayer,
    options: AnalysisOptions & { readonly extractBytesMax?: number | undefined },
    signal: AbortSignal,
  ): Promise<ExtractedIndex>;
  /** Analyzes the extract of a layer. Returns undefined if the layer must be read whole. Throws if the extract is damaged. */
  analyzeExtract(
    layer: ImageLayer,
    extract: Uint8Array,
    options: AnalysisOptions,
    signal?: AbortSignal,
  ): Promise<ExtractResult | undefined>;
  /** Analyzes an extract with parts of its layer, and makes a new extract. Throws if they do not complete it. */
  completeExtract(
    layer: ImageLayer,
    extract: CompletedExtract,
    options: ExtractingOptions,
    signal?: AbortSignal,
  ): Promise<ExtractedIndex>;
}

/** A thread that inflates parts of a layer ahead of this one, or hashes what this one inflates. Disposing it ends the thread. */
export interface InflateWorker extends AsyncDisposable {
  readonly inflateAhead: InflateAhead;
  readonly hashAhead: HashAhead;
}

/** Bytes of layers, as they are stored, from which `onManyBytes` is called. */
const manyBytes: number = 16 * 1024 * 1024;

/** Dependencies and options of a `LayerAnalyzer`. */
export interface LayerAnalyzerDeps {
  readonly analyzers: Analyzers;
  readonly startWorker: () => Promise<LayerWorker>;
  /** Without it, no layer is divided between threads. */
  readonly startInflateWorker?: () => Promise<InflateWorker>;
  /** Whether layers on disk are read on a worker only, so that the timers of this thread run. */
  readonly isThreadKeptFree?: boolean;
}

/** Options of `LayerAnalyzer.analyze`. */
export interface LayerAnalysisOptions extends AnalysisOptions {
  /** Fetches layers that are not on this machine; undefined if all layers are. */
  readonly streamLayers: StreamLayers | undefined;
  /** Fetches parts of such layers, to complete extracts. Absent if they are fetched whole. */
  readonly openInParts?: OpenInParts | undefined;
}

/** Reads and analyzes the layers of an image, each in one pass: on this thread, and on a worker if they are large. */
export class LayerAnalyzer {
  readonly #deps: LayerAnalyzerDeps;

  constructor(deps: LayerAnalyzerDeps) {
    this.#deps = deps;
  }

  /** Returns the indexes of the layers, in their order. Without extracts, there is nothing that parts of layers could complete. */
  async analyze(
    layers: readonly ImageLayer[],
    { streamLayers, openInParts: _, ...options }: LayerAnalysisOptions,
  ): Promise<readonly LayerIndex[]> {
    if (layers.length === 0) return [];
    if (areManyBytes(layers)) this.#deps.analyzers.onManyBytes?.();
    if (streamLayers !== undefined) return await this.#analyzeStreamed(layers, streamLayers, options);
    if (this.#deps.isThreadKeptFree === true) return await this.#analyzeOnWorker(layers, options);
    const { startInflateWorker } = this.#deps;
    if (startInflateWorker !== undefined && isWorthSplitting(layers, options))
      return await this.#analyzeSplit(layers, options, startInflateWorker);
    if (!isWorthTwoThreads(layers, options)) {
      await using hashing = await this.#startHashing(layers, options);
      return await analyzeLayers(layers, this.#deps.analyzers, { ...options, ...hashBy(hashing) });
    }
    const indexes = await this.#analyzeOnTwoThreads(layers, options);
    // One thread may stay within a limit that two threads exceed together.
    return indexes ?? (await analyzeLayers(layers, this.#deps.analyzers, options));
  }

  /**
   * Splits the layers into two bins of about equal weight, the heaviest first (LPT scheduling). Returns undefined if the layers exceed a
   * limit.
   */
  async #analyzeOnTwoThreads(
    layers: readonly ImageLayer[],
    options: AnalysisOptions,
  ): Promise<readonly LayerIndex[] | undefined> {
    const { mine, others } = twoBins(layers.map((layer) => weightOf(layer, options.verify)));
    const pick = (bin: readonly number[]): ImageLayer[] => bin.flatMap((i) => layers[i] ?? []);
    const threadOptions = { ...options, keptBytesMax: limits.threadKeptBytes };
    // The worker starts first, because this thread is busy until its own bin is done.
    const [fromWorker, fromThisThread] = await bothWithinLimits([
      this.#analyzeOnWorker(pick(others), threadOptions),
      analyzeLayers(pick(mine), this.#deps.analyzers, threadOptions),
    ]);
    if (fromWorker === undefined || fromThisThread === undefined) return undefined;
    const positions = [...mine, ...others];
    const indexes = [...fromThisThread, ...fromWorker];
    return layers.map((_, i) => elementAt(indexes, positions.indexOf(i)));
  }

  /** Reads the layers one after the other. A second thread inflates parts of the large ones. */
  async #analyzeSplit(
    layers: readonly ImageLayer[],
    options: AnalysisOptions,
    start: () => Promise<InflateWorker>,
  ): Promise<readonly LayerIndex[]> {
    await using worker = await start();
    const split = { inflateAhead: worker.inflateAhead, bytesMin: minWorkerBytes };
    await using hashing = await this.#startHashing(layers, options);
    return await analyzeLayers(layers, this.#deps.analyzers, { ...options, split, ...hashBy(hashing) });
  }

  /** Starts a thread that hashes what a large layer inflates to. Undefined if no layer needs one. */
  async #startHashing(
    layers: readonly ImageLayer[],
    options: AnalysisOptions,
  ): Promise<InflateWorker | undefined> {
    return layers.some((layer) => isWorthHashing(layer, options))
      ? await this.#deps.startInflateWorker?.()
      : undefined;
  }

  async #analyzeOnWorker(
    layers: readonly ImageLayer[],
    options: AnalysisOptions,
  ): Promise<readonly LayerIndex[]> {
    await using worker = await this.#deps.startWorker();
    return await worker.analyze(layers, options);
  }

  /** Each thread takes the next layer when it has finished one. The heaviest layers are requested first. */
  async #analyzeStreamed(
    layers: readonly ImageLayer[],
    streamLayers: StreamLayers,
    options: AnalysisOptions,
  ): Promise<readonly LayerIndex[]> {
    const { analyzers, startWorker } = this.#deps;
    const heaviestFirst = [...layers].sort((a, b) => b.sizeBytes - a.sizeBytes);
    const total = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const analysis = new StreamedAnalysis(analyzers, streamLayers, options);
    const otherBytes = total - (heaviestFirst[0]?.sizeBytes ?? 0);
    if (total < minWorkerBytes || otherBytes < total * minWorkerShare) await analysis.read(heaviestFirst);
    else {
      await using worker = await startWorker();
      await analysis.read(heaviestFirst, worker);
      // One thread may stay within a limit that two threads exceed together.
      const remaining = analysis.missing(layers);
      if (remaining.length > 0) await analysis.read(remaining);
    }
    return analysis.results(layers);
  }
}

type AnalyzeStreamed = (streamedLayer: StreamedLayer) => Promise<LayerIndex>;

/** Streams layers and collects their indexes. */
class StreamedAnalysis {
  readonly #analyzers: Analyzers;
  readonly #streamLayers: StreamLayers;
  readonly #options: AnalysisOptions;
  readonly #size = new ImageSize();
  readonly #indexes = new Map<ImageLayer, LayerIndex>();

  constructor(analyzers: Analyzers, streamLayers: StreamLayers, options: AnalysisOptions) {
    this.#analyzers = analyzers;
    this.#streamLayers = streamLayers;
    this.#options = options;
  }

  /**
   * Reads layers on this thread and, if there is one, on a worker. The first failure ends both. Beside a worker, leaves out layers that
   * exceed the limit of one thread.
   */
  async read(layers: readonly ImageLayer[], worker?: LayerWorker): Promise<void> {
    const failure = new AbortController();
    const isShared = worker !== undefined;
    const options = { ...this.#options, ...(isShared && { keptBytesMax: limits.threadKeptBytes }) };
    const streamedLayers = this.#streamLayers(layers, failure.signal)[Symbol.asyncIterator]();
    const here: AnalyzeStreamed = async ({ layer, bytes }) =>
      await analyzeStream({ name: nameOfLayer(layer), claims: layer, bytes }, this.#analyzers, options);
    const there: AnalyzeStreamed[] = isShared
      ? [async (streamedLayer) => (await worker.analyzeStream(streamedLayer, options, failure.signal)).index]
      : [];
    const work = [...there, here].map((analyze) =>
      this.#takeAll(streamedLayers, analyze, isShared).catch((error: unknown) => {
        failure.abort(error);
      }),
    );
    await Promise.all(work);
    await streamedLayers.return?.();
    failure.signal.throwIfAborted();
  }

  /** Takes the next layer whenever the previous one has been analyzed. */
  async #takeAll(
    streamedLayers: AsyncIterator<StreamedLayer>,
    analyze: AnalyzeStreamed,
    isShared: boolean,
  ): Promise<void> {
    for (let next = await streamedLayers.next(); next.done !== true; next = await streamedLayers.next()) {
      try {
        const index = await analyze(next.value);
        this.#size.add(index);
        this.#indexes.set(next.value.layer, index);
      } catch (error) {
        if (!(isShared && error instanceof ClairError && error.limit === 'keptLayerBytes')) throw error;
      }
    }
  }

  missing(layers: readonly ImageLayer[]): ImageLayer[] {
    return layers.filter((layer) => !this.#indexes.has(layer));
  }

  results(layers: readonly ImageLayer[]): LayerIndex[] {
    return layers.map((layer) => {
      const index = this.#indexes.get(layer);
      if (index === undefined) throw new Error(`the layer ${nameOfLayer(layer)} was not streamed`);
      return index;
    });
  }
}

/** Whether layers have many bytes. Those of a directory are not counted before it is read. */
function areManyBytes(layers: readonly ImageLayer[]): boolean {
  const total = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return total >= manyBytes || layers.some(({ place }) => place.kind === 'directory');
}

/** Whether one layer is so much of the image that two threads cannot share the layers, and can be divided. */
function isWorthSplitting(layers: readonly ImageLayer[], { verify }: AnalysisOptions): boolean {
  const weights = layers.map((layer) => weightOf(layer, verify));
  const heaviest = Math.max(...weights);
  const layer = layers[weights.indexOf(heaviest)];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return (
    layer !== undefined &&
    heaviest >= minWorkerBytes &&
    heaviest > total * minSplitShare &&
    isDivisible(layer)
  );
}

function hashBy(worker: InflateWorker | undefined): Pick<AnalysisOptions, 'startHash'> {
  return worker === undefined
    ? {}
    : { startHash: (algorithm) => new SharedHash(algorithm, worker.hashAhead) };
}

/** Whether a layer is large, and its uncompressed bytes are hashed. */
function isWorthHashing(
  { place, compression, digest, sizeBytes }: ImageLayer,
  { verify }: AnalysisOptions,
): boolean {
  if (place.kind !== 'file' || sizeBytes < minWorkerBytes) return false;
  return verify || (digest === undefined && compression !== 'none');
}

function isWorthTwoThreads(layers: readonly ImageLayer[], { verify }: AnalysisOptions): boolean {
  const total = layers.reduce((sum, layer) => sum + weightOf(layer, verify), 0);
  // Layers of one compressed archive stay together, because one pass reads them all.
  const isArchive = layers.some(({ place }) => place.kind === 'archive-member');
  return total >= minWorkerBytes && layers.length >= 2 && !isArchive;
}

/** Returns both results, with undefined for one that exceeded a limit. Both have settled by then. */
async function bothWithinLimits<T>(work: readonly [Promise<T>, Promise<T>]): Promise<(T | undefined)[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    if (result.reason instanceof ClairError && result.reason.code === 'limit-exceeded') return undefined;
    throw result.reason;
  });
}
/** Returns the cost of a layer in bytes to read. Bytes that a seek skips cost almost nothing. */
function weightOf({ compression, sizeBytes, place }: ImageLayer, verify: boolean): number {
  if (place.kind === 'directory') return 0;
  return compression === 'none' && !verify ? sizeBytes / 1000 : sizeBytes;
}

function twoBins(weights: readonly number[]): { mine: number[]; others: number[] } {
  const heaviestFirst = weights.map((_, i) => i).sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0));
  const mine: number[] = [];
  const others: number[] = [];
  let balance = 0;
  for (const i of heaviestFirst) {
    const isMine = balance > 0;
    (isMine ? mine : others).push(i);
    balance += isMine ? -(weights[i] ?? 0) : (weights[i] ?? 0);
  }
  return { mine, others };
}
