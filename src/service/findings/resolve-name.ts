import { cveOfGcve } from '../../model/cve.ts';
import type { FeedName } from '../../store/feed-state.ts';
import type { Store } from '../../store/store.ts';

/** Small feeds of ratings that state the ids of other databases. */
const namingFeeds: readonly FeedName[] = [{ source: 'euvd', feed: 'exploited' }];

/** Ids that only ratings have as aliases. */
const isRatingName = (name: string): boolean => /^EUVD-\d{4}-\d+$/.test(name);

/** Number of ratings that are read at a time. */
const pageRatings = 5000;

/**
 * Returns the CVE of an id of GCVE (`GCVE-0-2024-3094`) or of EUVD, in any case, if the loaded ratings have it. Returns any other name as it
 * is.
 */
export async function resolveName(name: string, store: Pick<Store, 'enrichments'>): Promise<string> {
  const upper = name.toUpperCase();
  if (!isRatingName(upper)) return cveOfGcve(upper) ?? name;
  for (const feed of namingFeeds) {
    const id = await findByAlias(upper, feed, store);
    if (id !== undefined) return id;
  }
  return name;
}

async function findByAlias(
  alias: string,
  feed: FeedName,
  { enrichments }: Pick<Store, 'enrichments'>,
): Promise<string | undefined> {
  for (let after: string | undefined; ; ) {
    const page = await enrichments.pageByFeed(feed, {
      limit: pageRatings,
      ...(after !== undefined && { after }),
    });
    const found = page.find(({ aliases }) => aliases?.includes(alias) === true);
    if (found !== undefined || page.length < pageRatings) return found?.id;
    after = page.at(-1)?.id;
  }
}
