import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';

const upstream = 'https://packages.broadcom.com/photon';
const before = 'https://packages.vmware.com/photon';

/** Returns the URLs of a feed: the CVE metadata first, then the advisories, which a mirror may have instead. */
function urlsOf(release: string): string[] {
  const metadata = `photon_cve_metadata/cve_data_photon${release}.json`;
  const advisories = `photon_oval_definitions/com.vmware.phsa-photon${release.replace(/\.0$/, '')}.xml.gz`;
  return [`${upstream}/${metadata}`, `${before}/${metadata}`, `${before}/${advisories}`];
}

/** Photon OS: the fixed version of a package for a CVE, or that it is not affected; one file per release. */
export const photon: AdvisorySource = {
  name: 'photon',
  version: 2,
  feeds: ['1.0', '2.0', '3.0', '4.0', '5.0'],
  feedsFor(namespace) {
    const release = /^photon:(\d+\.\d+)$/.exec(namespace)?.[1];
    return release === undefined ? [] : [release];
  },
  fetch: (feed, client, lastFingerprint) => fetchFirstAvailable(urlsOf(feed), client, lastFingerprint),
  async *parse(feed, content) {
    // Loads the reader only when needed: most scans find their advisories in the store.
    if (isOval(content)) yield* recordsOf(ovalDocuments(feed, content));
    else yield* (await import('./cve-metadata.ts')).readCveMetadata(feed, content);
  },
  documents: (feed, content) => (isOval(content) ? ovalDocuments(feed, content) : undefined),
};

function isOval({ url }: FetchedFeed): boolean {
  return /\.xml(\.|$)/.test(url);
}

async function* ovalDocuments(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  yield* (await import('./oval.ts')).photonOval(feed, content);
}
