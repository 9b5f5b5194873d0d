import { toCorruptFeedError, UnexpectedContent } from '../../core/corrupt-feed.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';
import { fetchUpdateinfo } from '../updateinfo/repository.ts';

/** A feed, and the URL of its mirror list (one base URL per line). */
export interface MirrorListFeed {
  readonly feed: string;
  readonly mirrorList: string;
}

/** Fetches the `updateinfo` of a repository through its mirror list. Returns `absent` for a repository without advisories. */
export async function fetchFromMirrors(
  { feed, mirrorList }: MirrorListFeed,
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchResult> {
  const list = await client.get(mirrorList);
  if (typeof list === 'string') return 'absent';
  const bases = await linesOf(feed, list);
  const result = await fetchUpdateinfo({ source: 'amazon', feed, bases }, client, lastFingerprint);
  // The list may be cut in the middle of a URL. This must not look like a repository that no longer exists.
  if (result === undefined) throw damaged(feed, list, 'its URLs', 'there is no repository at any of them');
  return result;
}

async function linesOf(feed: string, content: FetchedFeed): Promise<string[]> {
  const tooMuch = (): unknown => damaged(feed, content, 'its end', 'too long for a list of URLs');
  const bytes = await readAllBytes(content.body, limits.manifestBytes, tooMuch);
  const lines = bytes
    .toString('utf8')
    .split(/\s+/)
    .filter((line) => URL.canParse(line) && /^https?:/.test(line));
  if (lines.length === 0) throw damaged(feed, content, 'its start', 'not a list of URLs');
  return lines;
}

function damaged(feed: string, content: FetchedFeed, place: string, message: string): unknown {
  return toCorruptFeedError({ source: 'amazon', feed, content }, new UnexpectedContent(place, message));
}
