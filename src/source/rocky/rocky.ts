import type { AdvisorySource } from '../../plugin/index.ts';

const feeds = ['advisories'];

/**
 * Rocky Linux's advisories for all releases from its errata service, page by page, with severity, module and
 * architecture. If that is missing, as in most mirrors, reads the OSV archive, which has none of these.
 */
export const rocky: AdvisorySource = {
  name: 'rocky',
  version: 2,
  feeds,
  feedsFor: (namespace) => (/^rocky:\d+(:|$)/.test(namespace) ? feeds : []),
  async fetch(_feed, client, lastFingerprint) {
    return (await import('./pages.ts')).fetchAdvisories(client, lastFingerprint);
  },
  async *parse(feed, content) {
    yield* (await import('./advisories.ts')).readRockyAdvisories(feed, content);
  },
};
