import type { Enricher } from '../../plugin/index.ts';

/** The file of 2002 also contains all earlier years. Files of future years are absent. */
const years = Array.from({ length: 39 }, (_, index) => String(2002 + index));

/**
 * The National Vulnerability Database (NVD): ratings, weaknesses, descriptions and rejections of CVEs, in one file per year. This
 * product uses data from the NVD API but is not endorsed or certified by the NVD.
 */
export const nvd: Enricher = {
  name: 'nvd',
  version: 3,
  feeds: years,
  async fetch(feed, client, lastFingerprint) {
    return (await import('./fetch-year.ts')).fetchYear(feed, client, lastFingerprint);
  },
  async *parse(feed, content, onDate) {
    yield* (await import('./feed.ts')).readNvdFeed(feed, content, onDate);
  },
  async *documents(feed, content, onDate) {
    yield* (await import('./feed.ts')).nvdDocuments(feed, content, onDate);
  },
  async documentReader(feed, content) {
    return (await import('./feed.ts')).nvdReader(feed, content);
  },
};
