import { ImageSize } from '../../match/image-size.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { LayerAnalyzer, LayerWorker } from '../images/layer-analyzer.ts';

/** The part of a `LayerAnalyzer` that indexes layers. */
export type ImageAnalyzer = Pick<LayerAnalyzer, 'analyze'>;

/** Returns an analyzer that reads all layers of an image on one thread of its own, so that the calling thread stays free for requests. */
export function workerAnalyzer(startWorker: () => Promise<LayerWorker>, ending: AbortSignal): ImageAnalyzer {
  return {
    async analyze(layers, { streamLayers, ...options }) {
      if (layers.length === 0 || streamLayers === undefined) return [];
      const heaviestFirst = [...layers].sort((a, b) => b.sizeBytes - a.sizeBytes);
      const indexes = new Map<unknown, LayerIndex>();
      const size = new ImageSize();
      await using worker = await startWorker();
      for await (const streamed of streamLayers(heaviestFirst, ending)) {
        const index = await worker.analyzeStream(streamed, options, ending);
        size.add(index);
        indexes.set(streamed.layer, index);
      }
      return layers.map((layer) => {
        const index = indexes.get(layer);
        if (index === undefined) throw new Error('a layer was not streamed');
        return index;
      });
    },
  };
}
