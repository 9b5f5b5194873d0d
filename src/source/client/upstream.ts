import type { FeedClient } from '../../plugin/advisory-source.ts';
import { type ClientOptions, download } from './download.ts';
import { Reachability } from './reachability.ts';

/** Returns a client that fetches feeds from their vendors. */
export function upstreamClient(
  options: ClientOptions = {},
  reachability: Reachability = new Reachability(),
): FeedClient {
  return { get: (url, lastFingerprint) => download(url, lastFingerprint, { options, reachability }) };
}
