import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';

const feeds = ['8', '9', '10'];

const archive = 'https://osv-vulnerabilities.storage.googleapis.com/AlmaLinux/all.zip';

/**
 * AlmaLinux's errata: every advisory of a release with the rpms and modules that fix it, one file per release. If that
 * file is missing, as in some mirrors, reads the archive in OSV form. The archive has no architectures and states only
 * whether a package is modular.
 */
export const alma: AdvisorySource = {
  name: 'alma',
  version: 4,
  feeds,
  feedsFor(namespace) {
    const release = /^almalinux:(\d+)$/.exec(namespace)?.[1];
    return release === undefined ? [] : [release];
  },
  fetch: (feed, client, lastFingerprint) =>
    fetchFirstAvailable(
      [`https://errata.almalinux.org/${feed}/errata.full.json`, archive],
      client,
      lastFingerprint,
    ),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./errata.ts')).almaErrata(feed, content);
}
