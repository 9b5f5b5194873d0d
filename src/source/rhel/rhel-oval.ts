import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { fetchFirstAvailable } from '../fetch-first-available.ts';

const versions = ['5', '6', '7', '8', '9'];

/**
 * Red Hat's OVAL files, for mirrors without VEX documents: version 2 with unfixed packages, or else version 1 with
 * advisories only. Red Hat has not written them since 2024. They only cover the general streams of a release.
 */
export const rhelOval: AdvisorySource = {
  name: 'rhel-oval',
  version: 4,
  fallbackFor: 'rhel',
  feeds: versions.map((version) => `RHEL${version}`),
  feedsFor(namespace) {
    const version = /^rhel:(\d+)$/.exec(namespace)?.[1];
    return version !== undefined && versions.includes(version) ? [`RHEL${version}`] : [];
  },
  fetch: (feed, client, lastFingerprint) => fetchFirstAvailable(urlsOf(feed), client, lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./oval.ts')).rhelOvalDocuments(feed, content);
}

function urlsOf(feed: string): string[] {
  const second = `https://security.access.redhat.com/data/oval/v2/${feed}/${feed.replace('RHEL', 'rhel-')}`;
  const first = `https://www.redhat.com/security/data/oval/com.redhat.rhsa-${feed}`;
  return [
    `${second}-including-unpatched.oval.xml.bz2`,
    `${second}.oval.xml.bz2`,
    `${first}.xml.bz2`,
    `${first}.xml`,
  ];
}
