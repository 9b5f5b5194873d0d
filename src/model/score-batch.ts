import { cveId } from './cve.ts';
import type { Enrichment } from './enrichment.ts';

/** EPSS scores of many CVEs in columns. A daily file has hundreds of thousands, too many for objects. */
export interface ScoreBatch {
  /** The number of used rows. */
  readonly count: number;
  /** Years of the CVEs: 2024 for `CVE-2024-0001`. */
  readonly years: Uint16Array;
  /** Numbers of the CVEs: 1 for `CVE-2024-0001`. */
  readonly numbers: Uint32Array;
  /** Probabilities of exploitation in the next 30 days, 0 to 1. */
  readonly scores: Float64Array;
  /** Shares of CVEs with a lower score, 0 to 1. */
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
