import type { AdvisorySource } from '../../plugin/index.ts';
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
    yield* (await import('./vex-feed.ts')).readVexFeed(feed, content);
  },
};
