import type { Enricher } from '../../plugin/index.ts';

const url = 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json';

/** The Known Exploited Vulnerabilities (KEV) catalogue of CISA. */
export const kev: Enricher = {
  name: 'kev',
  version: 1,
  feeds: ['catalogue'],
  isPartOfScan: true,
  fetch: (_feed, client, lastFingerprint) => client.get(url, lastFingerprint),
  async *parse(feed, content, onDate) {
    yield* (await import('./catalogue.ts')).readCatalogue(feed, content, onDate);
  },
};
