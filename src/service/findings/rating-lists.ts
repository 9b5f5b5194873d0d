import type { RatingList } from '../../model/report.ts';
import type { Enricher } from '../../plugin/enricher.ts';
import type { FeedState } from '../../store/feed-state.ts';
import {
  type AgeOptions,
  contentDateOf,
  fetchedAtOf,
  oldContentReasons,
  uncheckedReasons,
} from './feed-age.ts';

/** Returns the loaded lists that rate findings besides advisories, with the age of each. */
export function ratingLists(
  enrichers: readonly Pick<Enricher, 'name'>[],
  states: readonly FeedState[],
  options: AgeOptions,
): RatingList[] {
  return enrichers.flatMap(({ name }) => {
    const loaded = states.filter(({ source, presence }) => source === name && presence === 'loaded');
    const fetchedAt = fetchedAtOf(loaded);
    return fetchedAt === null ? [] : [ratingList(name, { loaded, fetchedAt }, options)];
  });
}

function ratingList(
  source: string,
  { loaded, fetchedAt }: { readonly loaded: readonly FeedState[]; readonly fetchedAt: string },
  options: AgeOptions,
): RatingList {
  const reasons = [
    ...uncheckedReasons(loaded, 'its ratings', options),
    ...oldContentReasons({ loaded }, options),
  ];
  return {
    source,
    status: reasons.length === 0 ? 'complete' : 'stale',
    contentDate: contentDateOf(loaded),
    fetchedAt,
    reason: reasons.length === 0 ? null : reasons.join('; '),
  };
}
