import type { AdvisorySource, VersionScheme } from '../../plugin/index.ts';
import { ecosystems } from './ecosystems.ts';

/**
 * Returns the source for advisories of language ecosystems that OSV collects (GitHub, PyPA, RustSec, Go and others),
 * one archive per ecosystem. `schemes` order the events of a range.
 */
export function osvSource(schemes: readonly VersionScheme[]): AdvisorySource {
  return {
    name: 'osv',
    version: 6,
    feeds: [...ecosystems.keys()],
    feedsFor(namespace) {
      return [...ecosystems].flatMap(([feed, ecosystem]) =>
        ecosystem.namespace === namespace ? [feed] : [],
      );
    },
    fetch: (feed, client, lastFingerprint) =>
      client.get(`https://osv-vulnerabilities.storage.googleapis.com/${feed}/all.zip`, lastFingerprint),
    async *parse(feed, content) {
      const ecosystem = ecosystems.get(feed);
      const scheme = schemes.find(({ name }) => name === ecosystem?.versionScheme);
      if (ecosystem === undefined || scheme === undefined) throw new Error(`no version scheme for ${feed}`);
      yield* (await import('./archive.ts')).readEcosystem({ feed, ...ecosystem, scheme }, content);
    },
  };
}
