import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { openDocuments } from './documents.ts';

/**
 * Red Hat's CSAF VEX documents, one per CVE, with the state of every package in every product stream. First reads the
 * archive of all documents, then the changed ones. Rows have namespace `rhel:N`; the product streams are conditions of
 * the rows.
 */
export const rhel: AdvisorySource = {
  name: 'rhel',
  version: 1,
  feeds: ['vex'],
  feedsFor: (namespace) => (/^(rhel:\d+|hummingbird)$/.test(namespace) ? ['vex'] : []),
  fetch: (_feed, client, lastFingerprint) => openDocuments(client, lastFingerprint),
  async *parse(feed, content) {
    // Loads the reader only when needed: most scans find their advisories in the store.
    if (isArchive(content)) yield* recordsOf(archiveDocuments(feed, content));
    else yield* (await import('./vex-feed.ts')).readVexChanges(feed, content);
  },
  documents: (feed, content) => (isArchive(content) ? archiveDocuments(feed, content) : undefined),
  async documentReader(feed, content) {
    return (await import('./vex-feed.ts')).vexReader(feed, content);
  },
};

function isArchive({ extent }: FetchedFeed): boolean {
  return extent !== 'changes';
}

async function* archiveDocuments(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  yield* (await import('./vex-feed.ts')).vexArchive(feed, content);
}
