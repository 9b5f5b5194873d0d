import { cveNumberOf } from '../../model/cve.ts';
import type { DocumentEnricher, Enricher } from '../../plugin/index.ts';

const repository = 'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves';
/** Location of a clone of the repository in a mirror. */
const clone = 'https://github.com/CVEProject/cvelistV5/cves';

/** The CVE list: a small document per CVE, with the containers of the assigner (CNA) and of CISA. */
export const cve: DocumentEnricher = cveRecords([repository]);

/** The CVE list in a mirror, which may hold a clone of the repository instead. */
export const cveInMirror: DocumentEnricher = cveRecords([repository, clone]);

/**
 * The CVE list as a whole: the archive of all records, which upstream releases daily, and the changes of the day. Its ratings are those of
 * the single records, and have the same name.
 */
export const cveList: Enricher = {
  name: 'cve',
  version: 3,
  feeds: ['list'],
  async fetch(feed, client, lastFingerprint) {
    return (await import('./list-releases.ts')).fetchCveList(feed, client, lastFingerprint);
  },
  async *parse(feed, content, onDate) {
    yield* (await import('./list.ts')).readCveList(feed, content, onDate);
  },
  async *documents(feed, content, onDate) {
    yield* (await import('./list.ts')).cveListDocuments(feed, content, onDate);
  },
};

/** Directories of a mirror that may hold the records. */
export const cveDirectories: readonly string[] = [repository, clone].map((url) =>
  url.replace('https://', ''),
);

function cveRecords(baseUrls: readonly string[]): DocumentEnricher {
  return {
    name: 'cve',
    version: 3,
    urlsOf(id) {
      const numbers = cveNumberOf(id);
      if (numbers === undefined) return [];
      const thousand = `${Math.floor(numbers.number / 1000)}xxx`;
      return baseUrls.map((baseUrl) => `${baseUrl}/${numbers.year}/${thousand}/${id}.json`);
    },
    async read(id, document) {
      return (await import('./record.ts')).readCveRecord(id, document);
    },
  };
}
