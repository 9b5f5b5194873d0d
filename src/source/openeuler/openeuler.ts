import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { isRelease } from './releases.ts';

const feeds = ['all'];

/**
 * openEuler's security advisories (OESA) of all releases with long-term support, one archive in OSV form. Rows are of binary packages and
 * have no epoch, since the file names in the advisories have none.
 */
export const openEuler: AdvisorySource = {
  name: 'openeuler',
  version: 1,
  feeds,
  feedsFor: (namespace) => (isRelease(namespace) ? feeds : []),
  fetch: (_feed, client, lastFingerprint) =>
    client.get('https://osv-vulnerabilities.storage.googleapis.com/openEuler/all.zip', lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./advisories.ts')).openEulerDocuments(feed, content);
}
