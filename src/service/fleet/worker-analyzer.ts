import type { OpenInParts } from '../../image/image.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import { readFewRanges } from '../../image/partial/stored-layer.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { ExtractedIndex } from '../images/analyze-extract.ts';
import type { AnalysisOptions } from '../images/analyze-layers.ts';
import type { LayerAnalyzer, LayerWorker } from '../images/layer-analyzer.ts';
import { type LayerExtracts, LayerPartsError, type UseOfExtract } from './layer-extracts.ts';

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
 * only layers that it cannot read from an extract, and of others the parts that the extract lacks.
 */
export function workerAnalyzer(deps: WorkerAnalyzerDeps): ImageAnalyzer {
  const { startWorker, extracts, ending } = deps;
  return {
    async analyze(layers, { streamLayers, openInParts, ...options }) {
      if (layers.length === 0 || streamLayers === undefined) return [];
      const heaviestFirst = [...layers].sort((a, b) => b.sizeBytes - a.sizeBytes);
      await using worker = await startWorker();
      const size = new ImageSize();
      const reading = { worker, extracts, ending, options, openInParts, size };
      const indexes = await readExtracts(heaviestFirst, reading);
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

/** Returns a function that reads extracts on a thread of its own, one image at a time. It fetches nothing. */
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
  /** Absent if nothing is fetched. */
  readonly openInParts?: OpenInParts | undefined;
  readonly size: ImageSize;
}

async function readExtracts(
  layers: readonly ImageLayer[],
  reading: ExtractReading,
): Promise<Map<ImageLayer, LayerIndex>> {
  const { extracts, ending, size } = reading;
  const indexes = new Map<ImageLayer, LayerIndex>();
  if (extracts === undefined) return indexes;
  for (const layer of layers) {
    const analyze = async (extract: Uint8Array): Promise<UseOfExtract<AnalyzedExtract> | undefined> =>
      await readOne(layer, extract, { ...reading, extractBytesMax: extracts.bytesMax });
    const found = await extracts.use(layer, analyze, ending);
    if (found === undefined) continue;
    if (found.completed !== undefined) await extracts.keep(layer, found.completed.extract, ending);
    size.add(found.index);
    indexes.set(layer, found.index);
  }
  return indexes;
}

interface AnalyzedExtract {
  readonly index: LayerIndex;
  /** Present if parts of the layer were fetched: the new extract, which is undefined if it is too large. */
  readonly completed?: Pick<ExtractedIndex, 'extract'>;
}

/** Analyzes an extract, with parts of the layer if it lacks some. Returns undefined if the layer must be fetched. */
async function readOne(
  layer: ImageLayer,
  extract: Uint8Array,
  {
    worker,
    options,
    ending,
    openInParts,
    extractBytesMax,
  }: ExtractReading & { readonly extractBytesMax: number },
): Promise<UseOfExtract<AnalyzedExtract> | undefined> {
  const result = await worker.analyzeExtract(layer, extract, options, ending);
  if (result === undefined) return undefined;
  if ('index' in result) return { made: result, fetchedBytes: 0 };
  const stored = openInParts?.(layer);
  if (stored === undefined) return undefined;
  try {
    const parts = await readFewRanges(result.missing, stored);
    if (parts === undefined) return undefined;
    const completingOptions = { ...options, extractBytesMax };
    const completed = await worker.completeExtract(layer, { extract, parts }, completingOptions, ending);
    const fetchedBytes = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return { made: { index: completed.index, completed }, fetchedBytes };
  } catch (error) {
    // Fetching the whole layer does without parts, or gives the error.
    throw new LayerPartsError(error);
  }
}
