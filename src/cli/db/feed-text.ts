import { ClairError } from '../../core/errors.ts';
import type { FeedChangeCounts } from '../../store/store.ts';
import { selectByName } from '../select-by-name.ts';

/** The sources and enrichers of these names, or all of them; throws `usage` for a name that none has. */
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

/** How a feed differs from what the database had, in words. */
export function differenceText({ added, changed, removed, unchanged, kept }: FeedChangeCounts): string {
  const rest = kept > 0 ? `, ${kept} kept for a release that is no longer in the feed` : '';
  const isFirst = changed + removed + unchanged === 0;
  return isFirst
    ? `${added} new${rest}`
    : `${added} new, ${changed} changed, ${removed} gone, ${unchanged} as before${rest}`;
}

/** The name of a feed as the first column of what is told of it, one line as soon as it is known. */
export function feedColumn(source: string, feed: string): string {
  return `${source} ${feed}`.padEnd(26);
}
