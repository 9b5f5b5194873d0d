import { ClairError } from '../../core/errors.ts';
import { HttpError } from '../../kit/http/http-rules.ts';
import type { FeedIdentity, FeedName, FeedState } from '../../store/feed-state.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';
import type { MadeFeed } from './made-feed.ts';
import type { FeedPublication } from './published-feed.ts';

/** Outcome for a feed that does not exist at its origin. `isNew`: the last update did not find that at this origin. */
export interface AbsentOutcome {
  readonly outcome: 'absent';
  readonly isNew?: boolean;
}

/** Returns whether a feed could not be fetched because no host responded. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ClairError)) return false;
  const { code, cause } = error;
  return code === 'feed-not-tried' || (cause instanceof HttpError && cause.unreachable !== undefined);
}

/**
 * Returns what to do if a feed cannot be fetched. A feed that was never loaded is absent if its publisher did not find it, and no host
 * responded. Otherwise the error is thrown.
 */
export function absentIfLacking(
  feed: FeedName,
  state: FeedState | undefined,
  publication: FeedPublication | undefined,
): (error: unknown) => Promise<MadeFeed> {
  return async (error) => {
    const isUnknown = state?.presence !== 'loaded' && isUnreachable(error);
    if (isUnknown && (await publication?.lacks(feed)) === true) return { fetched: 'absent' };
    throw error;
  };
}

/** Dependencies of `recordAbsent`. */
export interface RecordAbsentDeps {
  readonly store: Pick<Store, 'advisories'>;
  readonly lease: Lease;
  /** Time of the check, ISO 8601. */
  readonly at: string;
  /** Whether the feed is made of stored lists, which have failures of their own. */
  readonly isMade: boolean;
}

/**
 * Records that a feed does not exist at its origin. Throws `feed-unavailable` if the feed was loaded, unless it is made of lists: its
 * content stays, as vendors remove releases that are out of support, but nothing shows that it is current.
 */
export async function recordAbsent(
  identity: FeedIdentity,
  state: FeedState | undefined,
  { store, lease, at, isMade }: RecordAbsentDeps,
): Promise<AbsentOutcome> {
  if (state?.presence === 'loaded') {
    if (isMade) return { outcome: 'absent' };
    throw vanishedError(identity);
  }
  const found = { ...identity, presence: 'absent', fingerprint: '', fetchedAt: at, checkedAt: at } as const;
  await store.advisories.touch(found, lease);
  return { outcome: 'absent', isNew: state?.presence !== 'absent' || state.origin !== identity.origin };
}

function vanishedError({ source, feed, origin }: FeedIdentity): ClairError {
  const advice =
    origin === 'upstream'
      ? `If the publisher has removed it, name the others in updater.sources.${source}.feeds`
      : 'Check the mirror';
  return new ClairError(
    'feed-unavailable',
    `the origin has no file of ${source} ${feed} any more. The stored content stays, and is not updated. ${advice}`,
  );
}
