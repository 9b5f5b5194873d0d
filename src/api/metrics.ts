import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { FeedOutcome } from '../service/update-feeds.ts';
import type { FeedState } from '../store/store.ts';

/** What the server counts, in the text format of Prometheus. Clair's names are kept. */
export interface Metrics {
  /** Counts what became of the feeds of one source, and how long that took. */
  noteUpdate(outcomes: readonly FeedOutcome[], seconds: number): void;
  /** The text, with the freshness of these feeds. */
  write(feeds: readonly FeedState[]): Promise<string>;
  readonly contentType: string;
}

/** Metrics that begin at nothing. */
export function metrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const errors = new Counter({
    name: 'clair_updater_errors_total',
    help: 'Feeds that could not be updated.',
    registers,
  });
  const notes = new Gauge({
    name: 'clair_updater_notes_total',
    help: 'Records in the feeds that could not be understood.',
    registers,
  });
  const duration = new Histogram({
    name: 'clair_updater_duration_seconds',
    help: 'Time to update the feeds of one source.',
    buckets: [0.1, 0.5, 2, 10, 60, 300, 1800],
    registers,
  });
  const labelNames = ['source', 'feed'];
  const newest = new Gauge({
    name: 'clair_feed_newest_advisory_seconds',
    help: 'When the newest advisory of a feed was written, in seconds since 1970.',
    labelNames,
    registers,
  });
  const checked = new Gauge({
    name: 'clair_feed_checked_seconds',
    help: 'When a feed was last known to be current, in seconds since 1970.',
    labelNames,
    registers,
  });
  const records = new Gauge({
    name: 'clair_feed_records',
    help: 'Records of a feed that are in force.',
    labelNames,
    registers,
  });
  return {
    contentType: registry.contentType,
    noteUpdate(outcomes, seconds) {
      errors.inc(outcomes.filter(({ outcome }) => outcome === 'failed').length);
      duration.observe(seconds);
    },
    async write(feeds) {
      for (const gauge of [newest, checked, records]) gauge.reset();
      notes.set(feeds.reduce((sum, { skipped }) => sum + skipped.count, 0));
      for (const { source, feed, presence, newestAdvisory, checkedAt, records: count } of feeds) {
        if (presence !== 'loaded') continue;
        if (newestAdvisory !== null) newest.set({ source, feed }, Date.parse(newestAdvisory) / 1000);
        checked.set({ source, feed }, Date.parse(checkedAt) / 1000);
        records.set({ source, feed }, count);
      }
      return await registry.metrics();
    },
  };
}
