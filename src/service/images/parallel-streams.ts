import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { StreamedLayer, StreamLayers } from '../../image/image.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import { nameOfLayer } from '../../image/layer/layer-name.ts';
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
 * Minimum share of the work for a worker thread. Transferring bytes to it costs a tenth more, which pays off only above this share. It is
 * smaller if one layer is nearly all of the image.
 */
const minWorkerShare = 0.2;

/** Analyzes one layer while its bytes arrive. Stops reading when the signal aborts. */
export type AnalyzeStreamedLayer = (
  streamedLayer: StreamedLayer,
  options: AnalysisOptions,
  signal: AbortSignal,
) => Promise<LayerIndex>;

/** Analyzes layers one at a time. */
export interface LayerAnalyzer extends AsyncDisposable {
  readonly analyze: AnalyzeStreamedLayer;
}

/** Starts an analyzer, for example on another thread. */
export type StartLayerAnalyzer = () => Promise<LayerAnalyzer>;

/** Analyzes a streamed layer on this thread. */
export function analyzeInProcess(analyzers: Analyzers): AnalyzeStreamedLayer {
  return ({ layer, bytes }, options) =>
    analyzeStream({ name: nameOfLayer(layer), claims: layer, bytes }, analyzers, options);
}

/**
 * Analyzes streamed layers on this thread, and on a worker if they are large. Each thread takes the next layer when it has finished one.
 * The heaviest layers are requested first.
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
      // One thread may stay within a limit that two threads exceed together.
      const remaining = analysis.missing(layers);
      if (remaining.length > 0) await analysis.read(remaining, [onThisThread]);
    }
    return analysis.results(layers);
  };
}

/** Streams layers and collects their indexes. */
class StreamedAnalysis {
  readonly #streamLayers: StreamLayers;
  readonly #options: AnalysisOptions;
  readonly #size = new ImageSize();
  readonly #indexes = new Map<ImageLayer, LayerIndex>();

  constructor(streamLayers: StreamLayers, options: AnalysisOptions) {
    this.#streamLayers = streamLayers;
    this.#options = options;
  }

  /** Runs all analyzers until there are no more layers. The first failure aborts the others. */
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
      if (index === undefined) throw new Error(`the layer ${nameOfLayer(layer)} was not streamed`);
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
