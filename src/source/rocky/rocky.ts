import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';

const feeds = ['advisories'];

/**
 * Rocky Linux's advisories for all releases from its errata service, page by page, with severity, module and
 * architecture. If that is missing, as in most mirrors, reads the OSV archive, which has none of these.
 */
export const rocky: AdvisorySource = {
  name: 'rocky',
  version: 4,
  feeds,
  feedsFor: (namespace) => (/^rocky:\d+(:|$)/.test(namespace) ? feeds : []),
  async fetch(_feed, client, lastFingerprint) {
    return (await import('./pages.ts')).fetchAdvisories(client, lastFingerprint);
  },
  async *parse(feed, content) {
    if (isArchive(content)) yield* recordsOf(archiveDocuments(feed, content));
    else yield* (await import('./advisories.ts')).readRockyPages(feed, content);
  },
  documents: (feed, content) => (isArchive(content) ? archiveDocuments(feed, content) : undefined),
};

function isArchive({ url }: FetchedFeed): boolean {
  return url.endsWith('.zip');
}

async function* archiveDocuments(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  yield* (await import('./advisories.ts')).rockyDocuments(feed, content);
}
