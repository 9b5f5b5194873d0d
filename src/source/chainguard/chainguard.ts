import type { AdvisorySource } from '../../plugin/index.ts';

const feeds = ['chainguard', 'extras'];

/** Chainguard's security databases: fixed versions by origin package, one file per repository. */
export const chainguard: AdvisorySource = {
  name: 'chainguard',
  version: 1,
  feeds,
  feedsFor: (namespace) => (namespace === 'chainguard' ? feeds : []),
  fetch: (feed, client, lastFingerprint) =>
    client.get(`https://packages.cgr.dev/${feed}/security.json`, lastFingerprint),
  async *parse(feed, content) {
    const { readSecdb } = await import('../secdb/secdb.ts');
    const namespace = { name: 'chainguard', versionScheme: 'apk' };
    // The second file states a repository name that differs from its URL.
    const repository = feed === 'chainguard' ? { repository: feed } : {};
    yield* readSecdb({ source: 'chainguard', feed, namespace, ...repository }, content);
  },
};
