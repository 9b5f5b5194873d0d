import type { AdvisorySource } from '../../plugin/index.ts';

const url = 'https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2';

/** Oracle's errata for every release of Oracle Linux, in one file. They contain fixes only. */
export const oracle: AdvisorySource = {
  name: 'oracle',
  version: 2,
  feeds: ['elsa'],
  feedsFor: (namespace) => (/^oracle:\d+$/.test(namespace) ? ['elsa'] : []),
  fetch: (_feed, client, lastFingerprint) => client.get(url, lastFingerprint),
  async *parse(feed, content) {
    // Loads the reader only when needed: most scans find their advisories in the store.
    yield* (await import('./errata.ts')).readOracleErrata(feed, content);
  },
};
