import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';

/** The groups of vulnerabilities (AVG) of Arch Linux, all in one file. */
export const arch: AdvisorySource = {
  name: 'arch',
  version: 1,
  feeds: ['all'],
  feedsFor(namespace) {
    return namespace === 'arch' ? ['all'] : [];
  },
  fetch: (_, client, lastFingerprint) =>
    client.get('https://security.archlinux.org/all.json', lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  const { archGroups } = await import('./groups.ts');
  yield* archGroups(feed, content);
}
