import { nameOfLayer } from '../image/layer/layer-name.ts';
import { abortable } from '../kit/async/abort.ts';
import type { AnalyzerDescription } from '../plugin-host/analyzer-description.ts';
import type { LayerWorker } from '../service/images/layer-analyzer.ts';

/** Starts a thread that analyzes layers. It gets the bytes of streamed layers only, and does not know their origin. */
export async function startLayerWorker(
  script: URL,
  analyzers: readonly AnalyzerDescription[] = [],
  includesDeclared = false,
): Promise<LayerWorker> {
  const { LayerThread, onlyIndex } = await import('./layer-thread.ts');
  const thread = new LayerThread(script);
  return {
    analyze: (layers, options) => thread.run({ kind: 'image', analyzers, includesDeclared, layers, options }),
    analyzeStream: async ({ layer, bytes }, options, signal) => {
      const { digest, diffId, root } = layer;
      const claims = { ...(digest && { digest }), ...(diffId && { diffId }), ...(root && { root }) };
      const task = {
        ...({ kind: 'stream', analyzers, includesDeclared } as const),
        ...{ name: nameOfLayer(layer), claims, options },
      };
      const ended = new AbortController();
      const onEnded = (): void => {
        ended.abort(new Error('the layer is no longer read'));
      };
      return onlyIndex(await thread.run(task, { bytes: abortable(ended.signal, bytes), onEnded, signal }));
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}
