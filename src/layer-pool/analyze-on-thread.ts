import { nameOfLayer } from '../image/layer/layer-name.ts';
import { abortable } from '../kit/async/abort.ts';
import type { AnalyzerDescription } from '../plugin-host/analyzer-description.ts';
import type { AnalyzeLayers } from '../service/images/analyze-layers.ts';
import type { StartLayerAnalyzer } from '../service/images/parallel-streams.ts';

/** Returns an analyzer that reads the layers of an image on a new thread. The thread ends with the task. */
export function analyzeOnThread(script: URL, analyzers: readonly AnalyzerDescription[] = []): AnalyzeLayers {
  return async (layers, options) => {
    const { LayerThread } = await import('./layer-thread.ts');
    await using thread = new LayerThread(script);
    return await thread.run({ kind: 'image', analyzers, layers, options });
  };
}

/** Returns a factory of threads that analyze streamed layers. A thread gets bytes only, and does not know their origin. */
export function workerAnalyzer(
  script: URL,
  analyzers: readonly AnalyzerDescription[] = [],
): StartLayerAnalyzer {
  return async () => {
    const { LayerThread } = await import('./layer-thread.ts');
    const thread = new LayerThread(script);
    return {
      analyze: async ({ layer, bytes }, options, signal) => {
        const { digest, diffId, root } = layer;
        const claims = { ...(digest && { digest }), ...(diffId && { diffId }), ...(root && { root }) };
        const task = { kind: 'stream', analyzers, name: nameOfLayer(layer), claims, options } as const;
        return await thread.readOne(task, { bytes: (ended) => abortable(ended, bytes), signal });
      },
      [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
    };
  };
}
