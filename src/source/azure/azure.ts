import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';

const base = 'https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main';
const feeds = ['cbl-mariner-1.0', 'cbl-mariner-2.0', 'azurelinux-3.0'];

/** Microsoft's vulnerability data for CBL-Mariner and Azure Linux, one file per release. */
export const azure: AdvisorySource = {
  name: 'azure',
  version: 2,
  feeds,
  feedsFor(namespace) {
    const [, name, release] = /^(mariner|azurelinux):(\d+\.\d+)$/.exec(namespace) ?? [];
    if (name === undefined) return [];
    return [`${name === 'mariner' ? 'cbl-mariner' : name}-${release}`];
  },
  fetch: (feed, client, lastFingerprint) => client.get(`${base}/${feed}-oval.xml`, lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  // Loads the reader only when needed: most scans find their advisories in the store.
  yield* (await import('./vulnerabilities.ts')).azureVulnerabilities(feed, content);
}
