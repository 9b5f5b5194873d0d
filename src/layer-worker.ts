import { isMainThread, parentPort } from 'node:worker_threads';
import { builtIn } from './extensions.ts';
import type { ImageLayer } from './image/image.ts';
import { ClairError, type ErrorCode, messageOf } from './kit/errors.ts';
import type { LayerIndex } from './model/layer-index.ts';
import { type AnalysisOptions, analyzeLayers } from './service/analyze-layers.ts';

/** What the thread is asked. */
export interface LayerTask {
  readonly layers: readonly ImageLayer[];
  readonly options: AnalysisOptions;
}

/** What the thread answers. An error loses its class on the way between threads, so its code travels beside it. */
export type LayerAnswer =
  | { readonly indexes: readonly LayerIndex[] }
  | { readonly code: ErrorCode | undefined; readonly message: string };

async function answer({ layers, options }: LayerTask): Promise<LayerAnswer> {
  try {
    return { indexes: await analyzeLayers(layers, builtIn, options) };
  } catch (error) {
    return { code: error instanceof ClairError ? error.code : undefined, message: messageOf(error) };
  }
}

if (!isMainThread) {
  parentPort?.once('message', (task: LayerTask) => {
    void answer(task).then((result) => parentPort?.postMessage(result));
  });
}
