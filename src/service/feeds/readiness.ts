import type { FeedState } from '../../store/feed-state.ts';
import { isSuperseded } from './choose-feeds.ts';
import { type FeedOfSource, isAdvisorySource } from './update-feeds.ts';

/** A part that a server needs and does not have. */
export interface MissingPart {
  /** `schema`: this version of the program cannot use the tables. `jobs`: the loop of jobs of this server has stopped. */
  readonly part: 'database' | 'schema' | 'feeds' | 'jobs';
  readonly reason: string;
}

/** Whether a server has advisories to match against, and the number of its feeds in each state. */
export interface Readiness {
  /** True if nothing is missing. */
  readonly ready: boolean;
  readonly missing: readonly MissingPart[];
  readonly feeds: {
    readonly loaded: number;
    /** Tried but not available: the update failed, or the source does not publish the feed. */
    readonly unavailable: number;
    readonly waiting: number;
  };
  /** Time of the oldest last check among the loaded feeds, ISO 8601. Null if none is loaded. */
  readonly oldestCheck: string | null;
  /** Names of the enabled sources of advisories that were tried and of which no feed is loaded. */
  readonly notLoaded: readonly string[];
}

/**
 * Returns the readiness by the stored states of the enabled advisory feeds. Ignores feeds of superseded fallback sources. `silentSeconds`
 * is the time since the loop of jobs has stopped; undefined if it runs.
 */
export function readinessOf(
  enabled: readonly FeedOfSource[],
  states: readonly FeedState[],
  silentSeconds?: number,
): Readiness {
  const counts = { loaded: 0, unavailable: 0, waiting: 0 };
  const checks: string[] = [];
  const [tried, loaded] = [new Set<string>(), new Set<string>()];
  for (const { source, feed } of enabled) {
    if (!isAdvisorySource(source) || isSuperseded(source.name, [source], states)) continue;
    const state = states.find((one) => one.source === source.name && one.feed === feed);
    if (state === undefined) {
      counts.waiting++;
      continue;
    }
    tried.add(source.name);
    if (state.presence !== 'loaded') counts.unavailable++;
    else {
      counts.loaded++;
      loaded.add(source.name);
      checks.push(state.checkedAt);
    }
  }
  const [oldestCheck = null] = checks.sort();
  const missing = [...missingFeeds(counts), ...stoppedJobs(silentSeconds)];
  return {
    ready: missing.length === 0,
    missing,
    feeds: counts,
    oldestCheck,
    notLoaded: [...tried].filter((name) => !loaded.has(name)),
  };
}

function missingFeeds({ loaded, waiting }: Readiness['feeds']): MissingPart[] {
  if (waiting > 0) return [{ part: 'feeds', reason: `${waiting} wait for their first attempt` }];
  return loaded > 0 ? [] : [{ part: 'feeds', reason: 'no feed of advisories is loaded' }];
}

function stoppedJobs(silentSeconds: number | undefined): MissingPart[] {
  if (silentSeconds === undefined) return [];
  return [{ part: 'jobs', reason: `the table of jobs was last read ${silentSeconds} seconds ago` }];
}
