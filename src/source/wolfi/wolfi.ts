import type { AdvisorySource } from '../../plugin/index.ts';

const feeds = ['os'];

/** Wolfi's security database: fixed versions by origin package for the one rolling release, in one file. */
export const wolfi: AdvisorySource = {
  name: 'wolfi',
  version: 1,
  feeds,
  feedsFor: (namespace) => (namespace === 'wolfi' ? feeds : []),
  fetch: (_feed, client, lastFingerprint) =>
    client.get('https://packages.wolfi.dev/os/security.json', lastFingerprint),
  async *parse(feed, content) {
    const { readSecdb } = await import('../secdb/secdb.ts');
    const namespace = { name: 'wolfi', versionScheme: 'apk' };
    yield* readSecdb({ source: 'wolfi', feed, namespace, repository: 'os' }, content);
  },
};
