import type { Enricher } from '../../plugin/index.ts';

const url = 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz';

/** The Exploit Prediction Scoring System (EPSS) of FIRST: the scores of the latest day. */
export const epss: Enricher = {
  name: 'epss',
  version: 2,
  feeds: ['current'],
  isPartOfScan: true,
  fetch: (_feed, client, lastFingerprint) => client.get(url, lastFingerprint),
  async *parse(feed, content, onDate) {
    yield* (await import('./scores.ts')).readScores(feed, content, onDate);
  },
};
