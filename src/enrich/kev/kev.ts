import type { Enricher } from '../../plugin/index.ts';

const catalogueUrl = 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json';
const europeanUrl = 'https://euvdservices.enisa.europa.eu/api/kev/dump';

/** The Known Exploited Vulnerabilities (KEV) catalogue of CISA. */
export const kev: Enricher = {
  name: 'kev',
  version: 1,
  feeds: ['catalogue'],
  isPartOfScan: true,
  fetch: (_feed, client, lastFingerprint) => client.get(catalogueUrl, lastFingerprint),
  async *parse(feed, content, onDate) {
    yield* (await import('./catalogue.ts')).readCatalogue(feed, content, onDate);
  },
};

/**
 * The exploited vulnerabilities of ENISA's European Vulnerability Database (EUVD). The file is written daily at 07:00 UTC, according to
 * https://euvd.enisa.europa.eu/apidoc. A scan does not request it.
 */
export const euvd: Enricher = {
  name: 'euvd',
  version: 1,
  feeds: ['exploited'],
  fetch: (_feed, client, lastFingerprint) => client.get(europeanUrl, lastFingerprint),
  async *parse(feed, content, onDate) {
    yield* (await import('./european.ts')).readEuropean(feed, content, onDate);
  },
};
