import type { FeedAnswer, FeedClient } from '../plugin/index.ts';

/** The first file that is there, of those that may hold a feed, the best first. */
export async function firstThere(
  urls: readonly string[],
  client: FeedClient,
  known: string | undefined,
): Promise<FeedAnswer> {
  for (const url of urls) {
    const answer = await client.get(url, known);
    if (answer !== 'absent') return answer;
  }
  return 'absent';
}
