import { cveId } from './cve.ts';
import type { Enrichment } from './enrichment.ts';

/** EPSS scores of many CVEs in columns. A daily file has hundreds of thousands, too many for objects. */
export interface ScoreBatch {
  /** The number of used rows. */
  readonly count: number;
  readonly years: Uint16Array;
  readonly numbers: Uint32Array;
  readonly scores: Float64Array;
  readonly percentiles: Float64Array;
}

/** Creates an empty batch with capacity for a number of rows. */
export function emptyScoreBatch(rows: number): ScoreBatch & { count: number } {
  return {
    count: 0,
    years: new Uint16Array(rows),
    numbers: new Uint32Array(rows),
    scores: new Float64Array(rows),
    percentiles: new Float64Array(rows),
  };
}

/** Yields the rows of a batch. */
export function* enrichmentsIn(batch: ScoreBatch): Generator<Enrichment> {
  const { count, years, numbers, scores, percentiles } = batch;
  for (let row = 0; row < count; row++) {
    yield {
      id: cveId({ year: years[row] ?? 0, number: numbers[row] ?? 0 }),
      epss: { score: scores[row] ?? 0, percentile: percentiles[row] ?? 0 },
    };
  }
}
