import type { FeedState } from '../../store/feed-state.ts';
import { isSuperseded } from './choose-feeds.ts';
import { type FeedOfSource, isAdvisorySource } from './update-feeds.ts';

/** Whether a server has advisories to match against, and the number of its feeds in each state. */
export interface Readiness {
  /** True if at least one advisory feed is loaded and none waits for its first attempt. */
  readonly ready: boolean;
  readonly feeds: {
    readonly loaded: number;
    /** Tried but not available: the update failed, or the source does not publish the feed. */
    readonly unavailable: number;
    readonly waiting: number;
  };
  /** Time of the oldest last check among the loaded feeds, ISO 8601. Null if none is loaded. */
  readonly oldestCheck: string | null;
}

/** Returns the readiness by the stored states of the enabled advisory feeds. Ignores feeds of superseded fallback sources. */
export function readinessOf(enabled: readonly FeedOfSource[], states: readonly FeedState[]): Readiness {
  const counts = { loaded: 0, unavailable: 0, waiting: 0 };
  const checks: string[] = [];
  for (const { source, feed } of enabled) {
    if (!isAdvisorySource(source) || isSuperseded(source.name, [source], states)) continue;
    const state = states.find((one) => one.source === source.name && one.feed === feed);
    if (state === undefined) counts.waiting++;
    else if (state.presence !== 'loaded') counts.unavailable++;
    else {
      counts.loaded++;
      checks.push(state.checkedAt);
    }
  }
  const [oldestCheck = null] = checks.sort();
  return { ready: counts.loaded > 0 && counts.waiting === 0, feeds: counts, oldestCheck };
}
