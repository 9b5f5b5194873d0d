import type { AdvisorySource, FeedDocument, FetchedFeed, Severity } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';
import { vendorSeverity } from '../vendor-values.ts';

const releases = ['39', '40', '41', '42', '43', '44'];

/** The repositories of updates of a release, and the archive to which Fedora moves them at the end of support. */
const places = [
  'https://dl.fedoraproject.org/pub/fedora/linux/updates',
  'https://archives.fedoraproject.org/pub/archive/fedora/linux/updates',
];

/** Fedora's updates, as Bodhi writes them into the repository of each release. A repository of one architecture has those of all. */
export const fedora: AdvisorySource = {
  name: 'fedora',
  version: 2,
  feeds: releases,
  feedsFor(namespace) {
    const release = /^fedora:(\d+)$/.exec(namespace)?.[1];
    return release === undefined ? [] : [release];
  },
  async fetch(feed, client, lastFingerprint) {
    const { fetchUpdateinfo } = await import('../updateinfo/repository.ts');
    const bases = places.map((place) => `${place}/${feed}/Everything/x86_64/`);
    return (await fetchUpdateinfo({ source: 'fedora', feed, bases }, client, lastFingerprint)) ?? 'absent';
  },
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  const { cvesOfBugs, updateinfoDocuments } = await import('../updateinfo/updates.ts');
  yield* updateinfoDocuments(
    {
      source: 'fedora',
      feed,
      namespace: `fedora:${feed}`,
      pageOf: (id) => `https://bodhi.fedoraproject.org/updates/${id}`,
      // Bodhi names bugs instead of CVEs.
      cvesOf: cvesOfBugs,
      severityOf,
      isForEveryArchitecture: true,
    },
    content,
  );
}

/** Bodhi writes `None` for updates whose author stated no severity. */
function severityOf(word: string | undefined): Severity {
  return word?.toLowerCase() === 'none' ? 'Unknown' : vendorSeverity(word);
}
