import type { AdvisorySource, VersionScheme } from '../../plugin/index.ts';
import { ecosystemsOfFeeds } from './ecosystems.ts';

/**
 * Returns the source for advisories of language ecosystems that OSV collects (GitHub, PyPA, RustSec, Go and others),
 * one archive per ecosystem. `schemes` order the events of a range.
 */
export function osvSource(schemes: readonly VersionScheme[]): AdvisorySource {
  return {
    name: 'osv',
    version: 6,
    feeds: [...ecosystemsOfFeeds.keys()],
    feedsFor(namespace) {
      return [...ecosystemsOfFeeds].flatMap(([feed, ecosystems]) =>
        [...ecosystems.values()].some((ecosystem) => ecosystem.namespace === namespace) ? [feed] : [],
      );
    },
    fetch: (feed, client, lastFingerprint) =>
      client.get(`https://osv-vulnerabilities.storage.googleapis.com/${feed}/all.zip`, lastFingerprint),
    async *parse(feed, content) {
      const ecosystems = ecosystemsOfFeeds.get(feed);
      if (ecosystems === undefined) throw new Error(`no ecosystems for ${feed}`);
      yield* (await import('./archive.ts')).readEcosystem({ feed, ecosystems, schemes }, content);
    },
  };
}
