import { dayMs } from '../core/duration.ts';
import type { CatalogueFeed, CatalogueShard } from './documents.ts';

/** New content of a namespace, compared with the published content. */
export interface NewContent {
  readonly records: number;
  readonly feeds: readonly CatalogueFeed[];
  /** Returns whether a vulnerability is in it. */
  readonly has: (id: string) => boolean;
}

/** Suspicious changes that a publisher accepts. */
export interface AcceptedChanges {
  readonly acceptShrunk?: boolean;
  readonly acceptOlder?: boolean;
}

/** Canaries that may vanish: a vendor withdraws single records. */
const lostCanariesMax = 2;
/** Tolerance for older content: servers of a vendor may lag, and a vendor may withdraw its newest record. */
const olderToleranceMs = dayMs;

/** Returns why new content of a namespace must not replace the published content. Undefined if it may. */
export function refusalReason(
  before: CatalogueShard,
  now: NewContent,
  { acceptShrunk = false, acceptOlder = false }: AcceptedChanges,
): string | undefined {
  const lost = before.canaries.filter((id) => !now.has(id));
  if (!acceptShrunk && now.records * 2 < before.records)
    return `it has ${now.records} records, and the published one has ${before.records}; accept it with --accept-shrunk`;
  if (!acceptShrunk && lost.length > lostCanariesMax)
    return `it lacks ${lost.slice(0, 3).join(', ')} of ${before.canaries.length} known vulnerabilities; accept it with --accept-shrunk`;
  if (acceptOlder) return undefined;
  const older = before.feeds.find((feed) => isOlder(feed, now.feeds));
  return (
    older &&
    `${older.source} ${older.feed} is older than the published one of ${older.contentDate?.slice(0, 10) ?? ''}; accept it with --accept-older`
  );
}

function isOlder(before: CatalogueFeed, feeds: readonly CatalogueFeed[]): boolean {
  const now = feeds.find(({ source, feed }) => source === before.source && feed === before.feed);
  if (now === undefined || before.contentDate === null || now.contentDate === null) return false;
  // The time of a file in a mirror differs from copy to copy.
  if (before.contentEvidence !== now.contentEvidence || now.contentEvidence === 'file') return false;
  return Date.parse(now.contentDate) < Date.parse(before.contentDate) - olderToleranceMs;
}
