import type { FeedAnswer, FeedClient } from '../plugin/index.ts';

/** The first file that is there, of those that may hold a feed, the best first. */
export async function fetchFirstAvailable(
  urls: readonly string[],
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FeedAnswer> {
  for (const url of urls) {
    const result = await client.get(url, lastFingerprint);
    if (result !== 'absent') return result;
  }
  return 'absent';
}
