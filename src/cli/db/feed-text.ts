import { ClairError } from '../../core/errors.ts';
import type { FeedChangeCounts } from '../../store/feed-state.ts';
import { selectByName } from '../select-by-name.ts';

/** Returns the sources and enrichers of these names, or all without names. Throws `usage` for an unknown name. */
export function selectSources<T extends { readonly name: string }>(
  names: readonly string[],
  all: readonly T[],
): readonly T[] {
  return selectByName(
    names,
    all,
    (unknown, known) => new ClairError('usage', `there is no source ${unknown}; there are ${known}`),
  );
}

/** Renders the changes of a feed since its last update. */
export function differenceText({ added, changed, removed, unchanged, kept }: FeedChangeCounts): string {
  const rest = kept > 0 ? `, ${kept} kept for a release that is no longer in the feed` : '';
  const isFirst = changed + removed + unchanged === 0;
  return isFirst
    ? `${added} new${rest}`
    : `${added} new, ${changed} changed, ${removed} gone, ${unchanged} as before${rest}`;
}

/** Returns source and feed as a column of fixed width, because lines are printed one by one. */
export function feedColumn(source: string, feed: string): string {
  return `${source} ${feed}`.padEnd(26);
}
