import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';

/**
 * Debian's security tracker: the state of every known issue in every supported release by source package, in one file.
 */
export const debian: AdvisorySource = {
  name: 'debian',
  version: 1,
  feeds: ['tracker'],
  feedsFor: (namespace) => (namespace.startsWith('debian:') ? ['tracker'] : []),
  fetch: (_feed, client, lastFingerprint) =>
    client.get('https://security-tracker.debian.org/tracker/data/json', lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./tracker.ts')).trackerIssues(feed, content);
}
