import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';
import { suse } from './suse.ts';

const base = 'https://ftp.suse.com/pub/projects/security';

/** The VEX documents of CVEs, which include unfixed packages; then the advisories in two formats. */
const archives = [`${base}/csaf-vex.tar.bz2`, `${base}/csaf.tar.bz2`, `${base}/osv.tar.bz2`];

const feeds = ['all'];

/**
 * SUSE's documents, one archive for all products, for mirrors without its OVAL files: CSAF 2.0 by CVE or by advisory,
 * or OSV.
 */
export const suseDocuments: AdvisorySource = {
  name: 'suse-documents',
  version: 3,
  fallbackFor: 'suse',
  feeds,
  feedsFor: (namespace) => (suse.feedsFor(namespace).length > 0 ? feeds : []),
  fetch: (_feed, client, lastFingerprint) => fetchFirstAvailable(archives, client, lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./documents.ts')).suseArchive(feed, content);
}
