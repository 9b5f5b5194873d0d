import type { AdvisorySource, FeedDocument, FetchedFeed } from '../../plugin/index.ts';
import { recordsOf } from '../feed-documents.ts';

/** Bottlerocket's advisories, all in one file of updates. */
export const bottlerocket: AdvisorySource = {
  name: 'bottlerocket',
  version: 2,
  feeds: ['updateinfo'],
  feedsFor: (namespace) => (namespace === 'bottlerocket' ? ['updateinfo'] : []),
  fetch: (_, client, lastFingerprint) =>
    client.get('https://advisories.bottlerocket.aws/updateinfo.xml.gz', lastFingerprint),
  parse: (feed, content) => recordsOf(documents(feed, content)),
  documents,
};

async function* documents(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  const { updateinfoDocuments } = await import('../updateinfo/updates.ts');
  yield* updateinfoDocuments(
    {
      source: 'bottlerocket',
      feed,
      namespace: 'bottlerocket',
      pageOf: (_, references) => references.find(({ type }) => type === 'brsa')?.href,
    },
    content,
  );
}
