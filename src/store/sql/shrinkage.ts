import { ClairError } from '../../core/errors.ts';
import type { FeedUpdate } from '../store.ts';
import type { FeedRow } from './feeds.ts';

/** A content with a smaller part of the records in force is not taken for the truth: a feed grows, or loses a release at most. */
const smallestPart = 0.5;

/**
 * Refuses a whole feed that has shrunk beyond belief, with `feed-corrupt`. A new version of a source may cut the same bytes into
 * fewer records; nothing makes the last of them go.
 */
export function assertNotShrunk(
  update: FeedUpdate,
  feed: FeedRow | undefined,
  { before, after }: { readonly before: number; readonly after: number },
): void {
  if (update.extent === 'changes' || update.acceptShrunk || before === 0) return;
  const isSameSource = feed?.source_version === update.sourceVersion;
  if (after >= (isSameSource ? Math.max(1, before * smallestPart) : 1)) return;
  const { source, feed: name } = update;
  throw new ClairError(
    'feed-corrupt',
    `${source} ${name} has ${after} records where ${before} are in force: it is refused, and the old content stays; if it is right so, run clair db update ${source} --accept-shrunk`,
  );
}
