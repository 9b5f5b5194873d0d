import { once } from 'node:events';
import { ClairError } from './kit/errors.ts';
import type { LayerAnswer } from './layer-worker.ts';
import type { AnalyzeLayers } from './service/analyze-layers.ts';

/** Analyses layers on a thread of its own, which ends with the task. */
export function analyzeOnThread(script: URL): AnalyzeLayers {
  return async (layers, options) => {
    const { Worker } = await import('node:worker_threads');
    const worker = new Worker(script);
    try {
      worker.postMessage({ layers, options });
      // A thread that ends without an answer must not be waited for; `once` throws when it fails.
      const answers = once(worker, 'message') as Promise<[LayerAnswer]>;
      const [answer] = await Promise.race([answers, once(worker, 'exit').then(endedEarly)]);
      if ('indexes' in answer) return answer.indexes;
      throw answer.code === undefined
        ? new Error(answer.message)
        : new ClairError(answer.code, answer.message);
    } finally {
      await worker.terminate();
    }
  };
}

function endedEarly(): never {
  throw new Error('the thread that reads layers ended without an answer');
}
