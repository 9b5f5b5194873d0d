import type { AdvisorySource, FeedDocument, FetchedFeed, VersionScheme } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { ecosystemsOfFeeds } from './ecosystems.ts';

/**
 * Returns the source for advisories of language ecosystems that OSV collects (GitHub, PyPA, RustSec, Go and others),
 * one archive per ecosystem. `schemes` order the events of a range.
 */
export function osvSource(schemes: readonly VersionScheme[]): AdvisorySource {
  async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
    const ecosystems = ecosystemsOfFeeds.get(feed);
    if (ecosystems === undefined) throw new Error(`no ecosystems for ${feed}`);
    yield* (await import('./archive.ts')).ecosystemDocuments({ feed, ecosystems, schemes }, content);
  }
  return {
    name: 'osv',
    version: 7,
    feeds: [...ecosystemsOfFeeds.keys()],
    feedsFor(namespace) {
      return [...ecosystemsOfFeeds].flatMap(([feed, ecosystems]) =>
        [...ecosystems.values()].some((ecosystem) => ecosystem.namespace === namespace) ? [feed] : [],
      );
    },
    fetch: (feed, client, lastFingerprint) =>
      client.get(`https://osv-vulnerabilities.storage.googleapis.com/${feed}/all.zip`, lastFingerprint),
    parse: (feed, content) => recordsOf(documents(feed, content)),
    documents,
  };
}
