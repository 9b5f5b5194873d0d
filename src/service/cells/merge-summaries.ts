import { compareText } from '../../model/order.ts';
import { byImages, imagesOf, type UnassessedImages } from '../../model/unassessed-images.ts';
import type { SourceSummary } from '../../store/feed-state.ts';
import type { FindingCount, FindingTotals } from '../../store/finding-count-store.ts';

/** The state of a source in the cell where it is worst. */
export interface CellSourceSummary extends SourceSummary {
  readonly cell: string;
}

/** The findings, sources and images of one cell. */
export interface CellSummary {
  readonly findings: FindingTotals | null;
  readonly notAssessed: UnassessedImages | null;
  readonly sources: readonly SourceSummary[];
}

/** The sums over cells. */
export interface MergedSummary {
  readonly findings: FindingTotals | null;
  readonly notAssessed: UnassessedImages | null;
  readonly sources: readonly CellSourceSummary[];
}

/**
 * Adds up the findings and images of cells, by the names of the cells. They are null if one of the cells has not counted any yet. Of each
 * source, the state is that of the cell where it is worst.
 */
export function mergeSummaries(summaries: ReadonlyMap<string, CellSummary>): MergedSummary {
  const sources = [...summaries].flatMap(([cell, summary]) =>
    summary.sources.map((source) => ({ ...source, cell })),
  );
  return {
    findings: sumOf([...summaries.values()].map(({ findings }) => findings)),
    notAssessed: unassessedOf([...summaries.values()].map(({ notAssessed }) => notAssessed)),
    sources: [...Map.groupBy(sources, ({ source }) => source).values()]
      .flatMap((states) => states.toSorted(compareStates)[0] ?? [])
      .sort((a, b) => compareText(a.source, b.source)),
  };
}

function sumOf(all: readonly (FindingTotals | null)[]): FindingTotals | null {
  const known = all.filter((one) => one !== null);
  const [first] = known;
  if (first === undefined || known.length < all.length) return null;
  const total = (of: (one: FindingTotals) => number): number => known.reduce((sum, one) => sum + of(one), 0);
  return {
    // The sums are as old as the oldest part.
    at: known.map(({ at }) => at).sort(compareText)[0] ?? first.at,
    images: total(({ images }) => images),
    dueSets: total(({ dueSets }) => dueSets),
    findings: addUp(known.flatMap(({ findings }) => findings)),
  };
}

function unassessedOf(all: readonly (UnassessedImages | null)[]): UnassessedImages | null {
  const known = all.filter((one) => one !== null);
  if (known.length === 0 || known.length < all.length) return null;
  const reasons = Map.groupBy(
    known.flatMap((one) => one.reasons),
    ({ reason, namespace }) => `${namespace ?? ''} ${reason}`,
  );
  const sums = [...reasons.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : { ...first, images: imagesOf([first, ...others]) },
  );
  const uncounted = known.reduce((sum, one) => sum + one.uncounted, 0);
  return { images: imagesOf(known), uncounted, reasons: byImages(sums) };
}

function addUp(counts: readonly FindingCount[]): FindingCount[] {
  const sums = new Map<string, FindingCount>();
  for (const one of counts) {
    const key = `${one.severity} ${one.isFixable} ${one.exploited}`;
    const findings = (sums.get(key)?.findings ?? 0) + one.findings;
    sums.set(key, { ...one, findings });
  }
  return [...sums.values()];
}

const states: readonly SourceSummary['state'][] = ['failed', 'stale', 'current'];

/** Orders states of one source: the worst first, of equal ones that which was not checked for longest, then by cell. */
function compareStates(a: CellSourceSummary, b: CellSourceSummary): number {
  return (
    states.indexOf(a.state) - states.indexOf(b.state) ||
    compareText(a.checkedAt ?? '', b.checkedAt ?? '') ||
    compareText(a.cell, b.cell)
  );
}
