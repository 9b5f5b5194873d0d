import type { ClairError } from '../../core/errors.ts';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import type { ScopedFeedState } from '../../store/feed-state.ts';
import { isUnreachable } from '../feeds/absent-feed.ts';
import type { AdvisoryFeed } from '../feeds/choose-feeds.ts';
import type { AgeOptions } from './feed-age.ts';

/** Why advisories of a namespace are missing. */
export interface MissingFeeds {
  /** For people. Empty if none is missing. */
  readonly reasons: readonly string[];
  /** Whether a feed was never loaded, and nothing else explains that. */
  readonly isNeverLoaded: boolean;
}

type MissingFeedsDeps = Pick<AgeOptions, 'outcomes' | 'asOf'>;

/** Returns why feeds are missing. If every failure was an unreachable host, returns only the first of them. */
export function missingFeeds(
  missing: readonly AdvisoryFeed[],
  states: readonly ScopedFeedState[],
  deps: MissingFeedsDeps,
): MissingFeeds {
  const failures = missing.map((feed) => failureOf(feed, deps));
  const unreachable = failures.flatMap((error) =>
    error !== undefined && isUnreachable(error) ? [error] : [],
  );
  const first = unreachable.find(({ code }) => code !== 'feed-not-tried') ?? unreachable[0];
  if (first !== undefined && unreachable.length === missing.length)
    return { reasons: [first.message], isNeverLoaded: false };
  const others = missing.filter((_, i) => failures[i] === undefined);
  const reasons = missing.map((feed, i) => {
    const message = failures[i]?.message ?? missingReason(feed, states, deps);
    const why = message.replace(/\.$/, '');
    return `the feed ${feed.source.name} ${feed.feed} ${failures[i] === undefined ? why : `could not be fetched: ${why}`}`;
  });
  return { reasons, isNeverLoaded: others.some((feed) => causeOf(feed, states, deps) === 'never-loaded') };
}

/** Returns the error of the update that preceded the scan. Undefined if the feed did not fail. */
function failureOf(
  { source, feed }: AdvisoryFeed,
  { outcomes, asOf }: MissingFeedsDeps,
): ClairError | undefined {
  if (asOf !== undefined) return undefined;
  const outcome = outcomes.find((tried) => tried.source.name === source.name && tried.feed === feed);
  return outcome?.outcome === 'failed' ? outcome.error : undefined;
}

/** Why a feed is missing whose update did not fail. */
type MissingCause = 'later-load' | 'lists' | 'busy' | 'absent' | 'never-loaded';

const causeTexts: Readonly<Record<Exclude<MissingCause, 'lists'>, string>> = {
  'later-load': 'was not yet loaded at that time',
  busy: 'is being fetched by another process; try again in a moment',
  absent: 'does not exist at the origin of the advisories',
  'never-loaded': 'was never loaded',
};

function missingReason(
  feed: AdvisoryFeed,
  states: readonly ScopedFeedState[],
  deps: MissingFeedsDeps,
): string {
  const cause = causeOf(feed, states, deps);
  return cause === 'lists' ? missingListsReason(feed.source, states) : causeTexts[cause];
}

function causeOf(
  { source, feed }: AdvisoryFeed,
  states: readonly ScopedFeedState[],
  { outcomes, asOf }: MissingFeedsDeps,
): MissingCause {
  if (asOf !== undefined) return 'later-load';
  if (source.madeOf !== undefined) return 'lists';
  const outcome = outcomes.find((tried) => tried.source.name === source.name && tried.feed === feed);
  if (outcome?.outcome === 'busy') return 'busy';
  const isAbsent = states.some(
    (state) => state.source === source.name && state.feed === feed && state.presence === 'absent',
  );
  return isAbsent ? 'absent' : 'never-loaded';
}

/** Returns which lists are missing that a feed is made of, and the command that loads them and then makes it. */
function missingListsReason(
  { name, madeOf = [] }: AdvisorySource,
  states: readonly ScopedFeedState[],
): string {
  const needed = madeOf.filter(({ isOptional }) => isOptional !== true);
  const missing = needed.filter(({ source, feed }) => !isKnownList(states, source, feed));
  const lists = new Set(missing.map(({ source }) => source));
  if (lists.size === 0) return `is not made yet of the loaded lists: make it with clair db update ${name}`;
  const what = lists.size === 1 ? 'the list' : 'the lists';
  const command = `clair db update ${[...lists, name].join(' ')}`;
  return `is made of ${what} ${[...lists].join(' and ')}: load it with ${command}`;
}

function isKnownList(states: readonly ScopedFeedState[], source: string, feed: string): boolean {
  return states.some(
    (state) =>
      state.source === source &&
      state.feed === feed &&
      state.presence !== 'failed' &&
      // A published list has only a part of the records, and no feed is made of it.
      state.namespaces === undefined,
  );
}
