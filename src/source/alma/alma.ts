import type { AdvisorySource } from '../../plugin/index.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';

const feeds = ['8', '9', '10'];

const archive = 'https://osv-vulnerabilities.storage.googleapis.com/AlmaLinux/all.zip';

/**
 * AlmaLinux's errata: every advisory of a release with the rpms and modules that fix it, one file a release; or where that is
 * not to be had, as in some mirrors, the archive in OSV form, which has no architectures and only tells what is modular.
 */
export const alma: AdvisorySource = {
  name: 'alma',
  version: 2,
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
  async *parse(feed, content) {
    // The reader is loaded when there is something to read: most scans find their advisories in the store.
    yield* (await import('./errata.ts')).readErrata(feed, content);
  },
};
