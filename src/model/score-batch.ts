import { cveId } from './cve.ts';
import type { Enrichment } from './enrichment.ts';

/** The EPSS scores of many CVEs, in columns: the file of a day has hundreds of thousands, too many to be objects. */
export interface ScoreBatch {
  /** How many rows of the columns are used. */
  readonly count: number;
  readonly years: Uint16Array;
  readonly numbers: Uint32Array;
  readonly scores: Float64Array;
  readonly percentiles: Float64Array;
}

/** An empty batch with room for so many rows. */
export function emptyScoreBatch(rows: number): ScoreBatch & { count: number } {
  return {
    count: 0,
    years: new Uint16Array(rows),
    numbers: new Uint32Array(rows),
    scores: new Float64Array(rows),
    percentiles: new Float64Array(rows),
  };
}

/** The rows of a batch one by one. */
export function* enrichmentsIn(batch: ScoreBatch): Generator<Enrichment> {
  const { count, years, numbers, scores, percentiles } = batch;
  for (let row = 0; row < count; row++) {
    yield {
      id: cveId({ year: years[row] ?? 0, number: numbers[row] ?? 0 }),
      epss: { score: scores[row] ?? 0, percentile: percentiles[row] ?? 0 },
    };
  }
}
