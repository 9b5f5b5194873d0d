import type { ArrivingLayer, BringLayers } from '../../image/arriving.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import { nameOfLayer } from '../../image/layer/naming-layer.ts';
import { ClairError } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { ImageSize } from '../../match/image-size.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import {
  type AnalysisOptions,
  type AnalyzeArriving,
  type Analyzers,
  analyzeStream,
} from './analyze-layers.ts';
import { worthOfWorkerBytes } from './spread-layers.ts';

/**
 * Bytes cost a tenth more on another thread, as they have to be brought there: that is worth it where it takes this much of the work.
 * Where one layer is nearly all of an image, it takes hardly any.
 */
const worthOfWorkerShare = 0.2;

/** Reads one layer while its bytes come. Stops reading them when the signal comes. */
export type AnalyzeOne = (
  arriving: ArrivingLayer,
  options: AnalysisOptions,
  signal: AbortSignal,
) => Promise<LayerIndex>;

/** Somebody who reads one layer after the other. */
export interface Hand extends AsyncDisposable {
  readonly analyze: AnalyzeOne;
}

/** Begins another thread, say. */
export type OpenHand = () => Promise<Hand>;

/** Reads an arriving layer on this thread. */
export function analyzeHere(analyzers: Analyzers): AnalyzeOne {
  return ({ layer, bytes }, options) =>
    analyzeStream({ name: nameOfLayer(layer), claims: layer, bytes }, analyzers, options);
}

/**
 * Reads layers that arrive on this thread and, where they are large, on another beside it: each takes the next layer when it is
 * done with one, and the heaviest are asked for first.
 */
export function spreadArriving(here: AnalyzeOne, openThere: OpenHand): AnalyzeArriving {
  return async (layers, bring, options) => {
    const heaviestFirst = [...layers].sort((a, b) => b.sizeBytes - a.sizeBytes);
    const total = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const round = new Round(bring, options);
    const besides = total - (heaviestFirst[0]?.sizeBytes ?? 0);
    if (total < worthOfWorkerBytes || besides < total * worthOfWorkerShare)
      await round.read(heaviestFirst, [here]);
    else {
      await using there = await openThere();
      await round.read(heaviestFirst, [there.analyze, here], limits.threadKeptBytes);
      // What two threads cannot hold at the same time, one can.
      const left = round.missing(layers);
      if (left.length > 0) await round.read(left, [here]);
    }
    return round.results(layers);
  };
}

/** Layers that are asked for, and what became of them. */
class Round {
  readonly #bring: BringLayers;
  readonly #options: AnalysisOptions;
  readonly #size = new ImageSize();
  readonly #found = new Map<ImageLayer, LayerIndex>();

  constructor(bring: BringLayers, options: AnalysisOptions) {
    this.#bring = bring;
    this.#options = options;
  }

  /** Has all hands take layers until none comes any more. The first failure ends it. */
  async read(
    layers: readonly ImageLayer[],
    hands: readonly AnalyzeOne[],
    keptBytesMax?: number,
  ): Promise<void> {
    const failure = new AbortController();
    const options = { ...this.#options, ...(keptBytesMax !== undefined && { keptBytesMax }) };
    const arriving = this.#bring(layers, failure.signal)[Symbol.asyncIterator]();
    const work = hands.map((analyze) =>
      this.#takeAll(
        arriving,
        (next) => analyze(next, options, failure.signal),
        keptBytesMax !== undefined,
      ).catch((error: unknown) => {
        failure.abort(error);
      }),
    );
    await Promise.all(work);
    await arriving.return?.();
    failure.signal.throwIfAborted();
  }

  missing(layers: readonly ImageLayer[]): ImageLayer[] {
    return layers.filter((layer) => !this.#found.has(layer));
  }

  results(layers: readonly ImageLayer[]): LayerIndex[] {
    return layers.map((layer) => {
      const index = this.#found.get(layer);
      if (index === undefined) throw new Error(`the layer ${nameOfLayer(layer)} was not brought`);
      return index;
    });
  }

  async #takeAll(
    arriving: AsyncIterator<ArrivingLayer>,
    analyze: (next: ArrivingLayer) => Promise<LayerIndex>,
    leavesLarge: boolean,
  ): Promise<void> {
    for (let next = await arriving.next(); next.done !== true; next = await arriving.next()) {
      try {
        const index = await analyze(next.value);
        this.#size.add(index);
        this.#found.set(next.value.layer, index);
      } catch (error) {
        if (!(leavesLarge && error instanceof ClairError && error.limit === 'keptLayerBytes')) throw error;
      }
    }
  }
}
