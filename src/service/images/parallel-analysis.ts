import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { AnalyzeLayers } from './analyze-layers.ts';

/** Compressed bytes from which a worker thread pays off. Starting one takes about 30 ms. */
export const minWorkerBytes: number = 24 * 1024 * 1024;

/**
 * Analyzes large images on two threads. Splits the layers into two bins of about equal weight, the heaviest first (LPT scheduling). Layers
 * of one compressed archive stay together, because one pass reads them all.
 */
export function analyzeOnTwoThreads(onThisThread: AnalyzeLayers, onWorker: AnalyzeLayers): AnalyzeLayers {
  return async (layers, options) => {
    const weights = layers.map((layer) => weightOf(layer, options.verify));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const isArchive = layers.some(({ place }) => place.kind === 'archive-member');
    if (total < minWorkerBytes || layers.length < 2 || isArchive) return onThisThread(layers, options);
    const { mine, others } = twoBins(weights);
    const pick = (bin: readonly number[]): ImageLayer[] => bin.flatMap((i) => layers[i] ?? []);
    const threadOptions = { ...options, keptBytesMax: limits.threadKeptBytes };
    // The worker starts first, because this thread is busy until its own bin is done.
    const [fromWorker, fromThisThread] = await bothWithinLimits([
      onWorker(pick(others), threadOptions),
      onThisThread(pick(mine), threadOptions),
    ]);
    // One thread may stay within a limit that two threads exceed together.
    if (fromWorker === undefined || fromThisThread === undefined) return onThisThread(layers, options);
    const results: LayerIndex[] = [];
    for (const [bin, indexes] of [[mine, fromThisThread] as const, [others, fromWorker] as const]) {
      for (const [at, index] of indexes.entries()) results[bin[at] ?? -1] = index;
    }
    return results;
  };
}

/** Returns both results, with undefined for one that exceeded a limit. Both have settled by then. */
async function bothWithinLimits<T>(work: readonly [Promise<T>, Promise<T>]): Promise<(T | undefined)[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    if (result.reason instanceof ClairError && result.reason.code === 'limit-exceeded') return undefined;
    throw result.reason;
  });
}

/** Returns the cost of a layer in bytes to read. Bytes that a seek skips cost almost nothing. */
function weightOf({ compression, sizeBytes, place }: ImageLayer, verify: boolean): number {
  if (place.kind === 'directory') return 0;
  return compression === 'none' && !verify ? sizeBytes / 1000 : sizeBytes;
}

function twoBins(weights: readonly number[]): { mine: number[]; others: number[] } {
  const heaviestFirst = weights.map((_, i) => i).sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0));
  const mine: number[] = [];
  const others: number[] = [];
  let balance = 0;
  for (const i of heaviestFirst) {
    const isMine = balance > 0;
    (isMine ? mine : others).push(i);
    balance += isMine ? -(weights[i] ?? 0) : (weights[i] ?? 0);
  }
  return { mine, others };
}
