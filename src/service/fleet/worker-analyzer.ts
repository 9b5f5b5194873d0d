import type { ImageLayer } from '../../image/image-layer.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { AnalysisOptions } from '../images/analyze-layers.ts';
import type { LayerAnalyzer, LayerWorker } from '../images/layer-analyzer.ts';
import type { LayerExtracts } from './layer-extracts.ts';

/** The part of a `LayerAnalyzer` that indexes layers. */
export type ImageAnalyzer = Pick<LayerAnalyzer, 'analyze'>;

/** Dependencies of `workerAnalyzer`. */
export interface WorkerAnalyzerDeps {
  readonly startWorker: () => Promise<LayerWorker>;
  /** Undefined if no extracts are kept. */
  readonly extracts: LayerExtracts | undefined;
  /** Ends the analysis. */
  readonly ending: AbortSignal;
}

/**
 * Returns an analyzer that reads all layers of an image on one thread of its own, so that the calling thread stays free for requests. It fetches
 * only layers that it cannot read from an extract.
 */
export function workerAnalyzer(deps: WorkerAnalyzerDeps): ImageAnalyzer {
  const { startWorker, extracts, ending } = deps;
  return {
    async analyze(layers, { streamLayers, ...options }) {
      if (layers.length === 0 || streamLayers === undefined) return [];
      const heaviestFirst = [...layers].sort((a, b) => b.sizeBytes - a.sizeBytes);
      await using worker = await startWorker();
      const size = new ImageSize();
      const indexes = await readExtracts(heaviestFirst, { worker, extracts, ending, options, size });
      const rest = heaviestFirst.filter((layer) => !indexes.has(layer));
      const streamOptions = { ...options, extractBytesMax: extracts?.bytesMax };
      if (rest.length > 0)
        for await (const streamed of streamLayers(rest, ending)) {
          const { index, extract } = await worker.analyzeStream(streamed, streamOptions, ending);
          size.add(index);
          indexes.set(streamed.layer, index);
          await extracts?.keep(streamed.layer, extract, ending);
        }
      return layers.map((layer) => {
        const index = indexes.get(layer);
        if (index === undefined) throw new Error('a layer was not streamed');
        return index;
      });
    },
  };
}

/** Returns the indexes of those layers that have an extract with everything that is wanted. */
export type ReadExtracts = (
  layers: readonly ImageLayer[],
  options: AnalysisOptions,
) => Promise<ReadonlyMap<ImageLayer, LayerIndex>>;

/** Returns a function that reads extracts on a thread of its own, one image at a time. */
export function extractReader({ startWorker, extracts }: Omit<WorkerAnalyzerDeps, 'ending'>): ReadExtracts {
  const turns = new Semaphore(1);
  return async (layers, options) =>
    await turns.run(async () => {
      await using worker = await startWorker();
      return await readExtracts(layers, { worker, extracts, options, size: new ImageSize() });
    });
}

interface ExtractReading extends Pick<WorkerAnalyzerDeps, 'extracts'> {
  readonly worker: LayerWorker;
  readonly ending?: AbortSignal;
  readonly options: AnalysisOptions;
  readonly size: ImageSize;
}

async function readExtracts(
  layers: readonly ImageLayer[],
  { worker, extracts, options, ending, size }: ExtractReading,
): Promise<Map<ImageLayer, LayerIndex>> {
  const indexes = new Map<ImageLayer, LayerIndex>();
  if (extracts === undefined) return indexes;
  for (const layer of layers) {
    const analyze = (extract: Uint8Array): Promise<LayerIndex | undefined> =>
      worker.analyzeExtract(layer, extract, options, ending);
    const index = await extracts.use(layer, analyze, ending);
    if (index === undefined) continue;
    size.add(index);
    indexes.set(layer, index);
  }
  return indexes;
}
