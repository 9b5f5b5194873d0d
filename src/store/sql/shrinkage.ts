import { ClairError } from '../../core/errors.ts';
import type { FeedUpdate } from '../advisory-store.ts';
import { commandFor } from './feed-update.ts';
import type { FeedRow } from './feeds.ts';

/** Smallest accepted part of the current records. A feed usually grows, or loses one release at most. */
const smallestPart = 0.5;

/**
 * Throws `feed-corrupt` if a whole or published feed has shrunk to less than half. A new version of a source may make fewer records of the same
 * bytes, but never none.
 */
export function assertNotShrunk(
  update: FeedUpdate,
  feed: FeedRow | undefined,
  { before, after }: { readonly before: number; readonly after: number },
): void {
  if (update.kind !== 'whole' && update.kind !== 'published') return;
  if (update.acceptShrunk || before === 0) return;
  const isSameSource = feed?.source_version === update.sourceVersion;
  if (after >= (isSameSource ? Math.max(1, before * smallestPart) : 1)) return;
  const { source, feed: name } = update;
  throw new ClairError(
    'feed-corrupt',
    `${source} ${name} has ${after} records, but the current content has ${before}. The update was rejected, and the current content stays. To accept the smaller content, run ${commandFor(update, '--accept-shrunk')}`,
  );
}
