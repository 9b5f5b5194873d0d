import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';

const url = 'https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2';

/** Oracle's errata for every release of Oracle Linux, in one file. They contain fixes only. */
export const oracle: AdvisorySource = {
  name: 'oracle',
  version: 3,
  feeds: ['elsa'],
  feedsFor: (namespace) => (/^oracle:\d+$/.test(namespace) ? ['elsa'] : []),
  fetch: (_feed, client, lastFingerprint) => client.get(url, lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./errata.ts')).oracleErrata(feed, content);
}
