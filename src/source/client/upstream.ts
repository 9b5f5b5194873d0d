import type { FeedClient } from '../../plugin/advisory-source.ts';
import { type ClientOptions, download } from './download.ts';

/** Fetches feeds from where their vendors publish them. */
export function upstreamClient(options: ClientOptions = {}): FeedClient {
  return { get: (url, known) => download(url, known, options) };
}
