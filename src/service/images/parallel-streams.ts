import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import { nameOfLayer } from '../../image/layer/layer-name.ts';
import type { StreamedLayer, StreamLayers } from '../../image/streamed-layer.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import {
  type AnalysisOptions,
  type Analyzers,
  type AnalyzeStreamedLayers,
  analyzeStream,
} from './analyze-layers.ts';
import { minWorkerBytes } from './parallel-analysis.ts';

/**
 * Bytes cost a tenth more on another thread, as they have to be brought there: that is worth it where it takes this much of the work.
 * Where one layer is nearly all of an image, it takes hardly any.
 */
const minWorkerShare = 0.2;

/** Reads one layer while its bytes come. Stops reading them when the signal comes. */
export type AnalyzeStreamedLayer = (
  streamedLayer: StreamedLayer,
  options: AnalysisOptions,
  signal: AbortSignal,
) => Promise<LayerIndex>;

/** Somebody who reads one layer after the other. */
export interface LayerAnalyzer extends AsyncDisposable {
  readonly analyze: AnalyzeStreamedLayer;
}

/** Begins another thread, say. */
export type StartLayerAnalyzer = () => Promise<LayerAnalyzer>;

/** Reads an arriving layer on this thread. */
export function analyzeInProcess(analyzers: Analyzers): AnalyzeStreamedLayer {
  return ({ layer, bytes }, options) =>
    analyzeStream({ name: nameOfLayer(layer), claims: layer, bytes }, analyzers, options);
}

/**
 * Reads layers that arrive on this thread and, where they are large, on another beside it: each takes the next layer when it is
 * done with one, and the heaviest are asked for first.
 */
export function analyzeStreamedOnTwoThreads(
  onThisThread: AnalyzeStreamedLayer,
  startWorker: StartLayerAnalyzer,
): AnalyzeStreamedLayers {
  return async (layers, streamLayers, options) => {
    const heaviestFirst = [...layers].sort((a, b) => b.sizeBytes - a.sizeBytes);
    const total = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const analysis = new StreamedAnalysis(streamLayers, options);
    const otherBytes = total - (heaviestFirst[0]?.sizeBytes ?? 0);
    if (total < minWorkerBytes || otherBytes < total * minWorkerShare)
      await analysis.read(heaviestFirst, [onThisThread]);
    else {
      await using worker = await startWorker();
      await analysis.read(heaviestFirst, [worker.analyze, onThisThread], limits.threadKeptBytes);
      // What two threads cannot hold at the same time, one can.
      const remaining = analysis.missing(layers);
      if (remaining.length > 0) await analysis.read(remaining, [onThisThread]);
    }
    return analysis.results(layers);
  };
}

/** Layers that are asked for, and what became of them. */
class StreamedAnalysis {
  readonly #streamLayers: StreamLayers;
  readonly #options: AnalysisOptions;
  readonly #size = new ImageSize();
  readonly #indexes = new Map<ImageLayer, LayerIndex>();

  constructor(streamLayers: StreamLayers, options: AnalysisOptions) {
    this.#streamLayers = streamLayers;
    this.#options = options;
  }

  /** Has all hands take layers until none comes any more. The first failure ends it. */
  async read(
    layers: readonly ImageLayer[],
    analyzers: readonly AnalyzeStreamedLayer[],
    keptBytesMax?: number,
  ): Promise<void> {
    const failure = new AbortController();
    const options = { ...this.#options, ...(keptBytesMax !== undefined && { keptBytesMax }) };
    const streamedLayers = this.#streamLayers(layers, failure.signal)[Symbol.asyncIterator]();
    const work = analyzers.map((analyze) =>
      this.#analyzeAll(
        streamedLayers,
        (next) => analyze(next, options, failure.signal),
        keptBytesMax !== undefined,
      ).catch((error: unknown) => {
        failure.abort(error);
      }),
    );
    await Promise.all(work);
    await streamedLayers.return?.();
    failure.signal.throwIfAborted();
  }

  missing(layers: readonly ImageLayer[]): ImageLayer[] {
    return layers.filter((layer) => !this.#indexes.has(layer));
  }

  results(layers: readonly ImageLayer[]): LayerIndex[] {
    return layers.map((layer) => {
      const index = this.#indexes.get(layer);
      if (index === undefined) throw new Error(`the layer ${nameOfLayer(layer)} was not brought`);
      return index;
    });
  }

  async #analyzeAll(
    streamedLayers: AsyncIterator<StreamedLayer>,
    analyze: (next: StreamedLayer) => Promise<LayerIndex>,
    skipsTooLarge: boolean,
  ): Promise<void> {
    for (let next = await streamedLayers.next(); next.done !== true; next = await streamedLayers.next()) {
      try {
        const index = await analyze(next.value);
        this.#size.add(index);
        this.#indexes.set(next.value.layer, index);
      } catch (error) {
        if (!(skipsTooLarge && error instanceof ClairError && error.limit === 'keptLayerBytes')) throw error;
      }
    }
  }
}
