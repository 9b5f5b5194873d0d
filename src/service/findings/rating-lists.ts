import type { RatingList } from '../../model/report.ts';
import type { Enricher } from '../../plugin/enricher.ts';
import type { ScopedFeedState } from '../../store/feed-state.ts';
import {
  type AgeOptions,
  contentDateOf,
  fetchedAtOf,
  oldContentReasons,
  publicationReasons,
  uncheckedReasons,
} from './feed-age.ts';

/** How lists are judged, and the namespaces of the image that have advisories. */
export interface RatingListOptions extends AgeOptions {
  readonly namespaces: readonly string[];
}

/**
 * Returns the loaded lists that rate findings besides advisories, with the age of each. Leaves out ratings of a published database that does
 * not have all namespaces of the image.
 */
export function ratingLists(
  enrichers: readonly Pick<Enricher, 'name'>[],
  states: readonly ScopedFeedState[],
  options: RatingListOptions,
): RatingList[] {
  const counting = states.filter(({ presence, namespaces: scope = [] }) => {
    const coversAll = scope.length === 0 || options.namespaces.every((name) => scope.includes(name));
    return presence === 'loaded' && coversAll;
  });
  return enrichers.flatMap(({ name }) => {
    const loaded = counting.filter(({ source }) => source === name);
    const fetchedAt = fetchedAtOf(loaded);
    return fetchedAt === null ? [] : [ratingList(name, { loaded, fetchedAt }, options)];
  });
}

function ratingList(
  source: string,
  { loaded, fetchedAt }: { readonly loaded: readonly ScopedFeedState[]; readonly fetchedAt: string },
  options: AgeOptions,
): RatingList {
  const reasons = [
    ...uncheckedReasons(loaded, 'its ratings', options),
    ...publicationReasons(loaded),
    ...oldContentReasons({ loaded }, options),
  ];
  return {
    source,
    status: reasons.length === 0 ? 'complete' : 'stale',
    contentDate: contentDateOf(loaded),
    ...modelOf(loaded),
    fetchedAt,
    reason: reasons.length === 0 ? null : reasons.join('; '),
  };
}

function modelOf(loaded: readonly ScopedFeedState[]): Pick<RatingList, 'model'> {
  const model = loaded.find(({ contentModel }) => contentModel !== undefined)?.contentModel;
  return model === undefined ? {} : { model };
}
