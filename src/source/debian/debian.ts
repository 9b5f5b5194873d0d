import type { AdvisorySource } from '../../plugin/index.ts';

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
  async *parse(feed, content) {
    // Loads the reader only when needed: most scans find their advisories in the store.
    yield* (await import('./tracker.ts')).readTracker(feed, content);
  },
};
