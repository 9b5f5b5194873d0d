import type { FeedState } from '../../store/store.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';

/**
 * Returns the time of the oldest last check among the loaded feeds. All advisories are current as of that time. Clair reports the time of
 * its last update without failures. Undefined if no feed is loaded. Users' vulnerabilities do not count.
 */
export function currentSince(states: readonly FeedState[]): string | undefined {
  return states
    .filter(({ source, presence }) => presence === 'loaded' && source !== userFeed.source)
    .map(({ checkedAt }) => checkedAt)
    .sort()[0];
}
