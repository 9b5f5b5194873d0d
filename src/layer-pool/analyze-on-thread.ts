import type { ImageLayer, LayerClaims } from '../image/image-layer.ts';
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
    analyze: async (layers, options) =>
      (await thread.run({ kind: 'image', analyzers, includesDeclared, layers, options })).indexes,
    analyzeStream: async ({ layer, bytes }, { extractBytesMax, ...options }, signal) => {
      const task = {
        ...({ kind: 'stream', analyzers, includesDeclared, extractBytesMax } as const),
        name: nameOfLayer(layer),
        claims: claimsToThread(layer),
        options,
      };
      const ended = new AbortController();
      const onEnded = (): void => {
        ended.abort(new Error('the layer is no longer read'));
      };
      const result = await thread.run(task, { bytes: abortable(ended.signal, bytes), onEnded, signal });
      return { index: onlyIndex(result), extract: result.extract };
    },
    analyzeExtract: async (layer, extract, options, signal) => {
      const task = {
        ...({ kind: 'extract', analyzers, includesDeclared, extract } as const),
        name: nameOfLayer(layer),
        claims: claimsToThread(layer),
        options,
      };
      const { indexes, missing } = await thread.run(task, { ...(signal && { signal }) });
      const [index] = indexes;
      return index === undefined ? missing && { missing } : { index };
    },
    completeExtract: async (layer, { extract, parts }, { extractBytesMax, ...options }, signal) => {
      const task = {
        ...({ kind: 'parts', analyzers, includesDeclared, extract, parts, extractBytesMax } as const),
        name: nameOfLayer(layer),
        claims: claimsToThread(layer),
        options,
      };
      const result = await thread.run(task, { ...(signal && { signal }) });
      return { index: onlyIndex(result), extract: result.extract };
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}

/** Returns the claims that a thread needs to read a layer. */
function claimsToThread({ digest, diffId, root }: ImageLayer): LayerClaims {
  return { ...(digest && { digest }), ...(diffId && { diffId }), ...(root && { root }) };
}
