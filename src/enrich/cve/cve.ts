import { cveNumberOf } from '../../model/cve.ts';
import type { DocumentEnricher } from '../../plugin/index.ts';

const repository = 'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves';
/** Location of a clone of the repository in a mirror. */
const clone = 'https://github.com/CVEProject/cvelistV5/cves';

/** The CVE list: a small document per CVE, with the containers of the assigner (CNA) and of CISA. */
export const cve: DocumentEnricher = cveRecords([repository]);

/** The CVE list in a mirror, which may hold a clone of the repository instead. */
export const cveInMirror: DocumentEnricher = cveRecords([repository, clone]);

/** Directories of a mirror that may hold the records. */
export const cveDirectories: readonly string[] = [repository, clone].map((url) =>
  url.replace('https://', ''),
);

function cveRecords(baseUrls: readonly string[]): DocumentEnricher {
  return {
    name: 'cve',
    version: 1,
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
