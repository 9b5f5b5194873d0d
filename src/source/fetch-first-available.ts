import type { FeedClient, FetchResult } from '../plugin/index.ts';

/** Fetches the first URL that exists. The caller orders them from best to worst. */
export async function fetchFirstAvailable(
  urls: readonly string[],
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchResult> {
  for (const url of urls) {
    const result = await client.get(url, lastFingerprint);
    if (result !== 'absent') return result;
  }
  return 'absent';
}
