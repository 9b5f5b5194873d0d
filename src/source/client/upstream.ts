import type { FeedClient } from '../../plugin/advisory-source.ts';
import { type ClientOptions, download } from './download.ts';
import { Reachability } from './reachability.ts';

/** Fetches feeds from where their vendors publish them. */
export function upstreamClient(
  options: ClientOptions = {},
  reachability: Reachability = new Reachability(),
): FeedClient {
  return { get: (url, lastFingerprint) => download(url, lastFingerprint, { options, reachability }) };
}
