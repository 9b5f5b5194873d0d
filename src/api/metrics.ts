import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { FeedOutcome } from '../service/feeds/update-feeds.ts';
import type { FeedState } from '../store/store.ts';
import type { ApiResponse } from './http/route.ts';

/** How busy the threads are that read layers. */
export interface LayerReadLoad {
  readonly busy: number;
  readonly waiting: number;
}

/** What is as it is at this moment, and not counted. */
export interface GaugeValues {
  readonly feeds: readonly FeedState[];
  readonly reading: LayerReadLoad;
}

/** What the server counts, in the text format of Prometheus. Clair's names are kept. */
export interface Metrics {
  /** Counts what became of the feeds of one source, and how long that took. */
  recordFeedUpdate(outcomes: readonly FeedOutcome[], seconds: number): void;
  /** Counts an answer of the API. */
  recordResponse(route: string, status: number, ms: number): void;
  /** Counts a layer that was read, or was tried to be. */
  recordLayer(reading: { readonly seconds: number; readonly bytes: number; readonly outcome: string }): void;
  /** Counts a notification that was told, so long after it was made. */
  recordDelivery(ms: number): void;
  /** Counts a try to tell of one that failed. */
  recordDeliveryFailure(transport: string): void;
  /** The text, with these beside what was counted. */
  render(gauges: GaugeValues): Promise<string>;
}

/** The answer that has the metrics, as Prometheus takes them. */
export async function metricsResponse(write: () => Promise<string>): Promise<ApiResponse> {
  return { status: 200, contentType: 'text/plain; version=0.0.4', text: await write() };
}

/** Clair's buckets for the duration of an answer, in milliseconds. */
const responseBuckets = Array.from({ length: 10 }, (_, i) => 9.375 * 2 ** i);

/** Metrics that begin at nothing. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  return { ...apiAndFeedCounters(registry), ...notificationCounters(registry), ...gaugeMetrics(registry) };
}

/** What happens is counted as it happens. */
function apiAndFeedCounters(
  registry: Registry,
): Pick<Metrics, 'recordFeedUpdate' | 'recordResponse' | 'recordLayer'> {
  const registers = [registry];
  const updateErrors = new Counter({
    name: 'clair_updater_errors_total',
    help: 'Feeds that could not be updated.',
    registers,
  });
  const updates = new Histogram({
    name: 'clair_updater_duration_seconds',
    help: 'Time to update the feeds of one source.',
    buckets: [0.1, 0.5, 2, 10, 60, 300, 1800],
    registers,
  });
  const responses = new Histogram({
    name: 'clair_api_response_duration_milliseconds',
    help: 'The duration of time it takes to receieve and write a response to an API request',
    labelNames: ['route', 'code'],
    buckets: responseBuckets,
    registers,
  });
  const layers = new Histogram({
    name: 'clair_layer_duration_seconds',
    help: 'Time to read a posted layer.',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.2, 1, 5, 30, 120],
    registers,
  });
  const layerBytes = new Counter({
    name: 'clair_layer_bytes_total',
    help: 'Bytes of posted layers that were downloaded.',
    registers,
  });
  return {
    recordFeedUpdate(outcomes, seconds) {
      updateErrors.inc(outcomes.filter(({ outcome }) => outcome === 'failed').length);
      updates.observe(seconds);
    },
    recordResponse(route, status, ms) {
      responses.observe({ route, code: String(status) }, ms);
    },
    recordLayer({ seconds, bytes, outcome }) {
      layers.observe({ outcome }, seconds);
      layerBytes.inc(bytes);
    },
  };
}

/** What becomes of notifications is counted as it happens. */
function notificationCounters(registry: Registry): Pick<Metrics, 'recordDelivery' | 'recordDeliveryFailure'> {
  const registers = [registry];
  const latency = new Histogram({
    name: 'clair_notifier_latency_milliseconds',
    help: "Time it takes to send a notification after it's been created.",
    buckets: [100, 1000, 10_000, 60_000, 600_000, 3_600_000],
    registers,
  });
  const failures = new Counter({
    name: 'clair_notifier_backend_errors_total',
    help: 'Number of errors that notifier backends generated.',
    labelNames: ['backend'],
    registers,
  });
  return {
    recordDelivery(ms) {
      latency.observe(ms);
    },
    recordDeliveryFailure(transport) {
      failures.inc({ backend: transport });
    },
  };
}

/** What is as it is when somebody asks. */
function gaugeMetrics(registry: Registry): Pick<Metrics, 'render'> {
  const registers = [registry];
  const labelNames = ['source', 'feed'];
  const gauge = (name: string, help: string): Gauge<'source' | 'feed'> =>
    new Gauge({ name, help, labelNames, registers });
  const newest = gauge(
    'clair_feed_newest_advisory_seconds',
    'When the newest advisory of a feed was written, in seconds since 1970.',
  );
  const content = gauge(
    'clair_feed_content_seconds',
    'When the content of a feed was written, by its newest record, its own time or that of its file, in seconds since 1970.',
  );
  const checked = gauge(
    'clair_feed_checked_seconds',
    'When a feed was last known to be current, in seconds since 1970.',
  );
  const records = gauge('clair_feed_records', 'Records of a feed that are in force.');
  const notes = new Gauge({
    name: 'clair_updater_notes_total',
    help: 'Records in the feeds that could not be understood.',
    registers,
  });
  const busy = new Gauge({ name: 'clair_layers_reading', help: 'Layers that are being read.', registers });
  const waiting = new Gauge({
    name: 'clair_layers_waiting',
    help: 'Posted layers that wait for a thread.',
    registers,
  });
  return {
    async render({ feeds, reading }) {
      for (const one of [newest, content, checked, records]) one.reset();
      notes.set(feeds.reduce((sum, { skipped }) => sum + skipped.count, 0));
      busy.set(reading.busy);
      waiting.set(reading.waiting);
      for (const {
        source,
        feed,
        presence,
        newestAdvisory,
        contentDate,
        checkedAt,
        records: count,
      } of feeds) {
        if (presence !== 'loaded') continue;
        if (contentDate !== null) content.set({ source, feed }, Date.parse(contentDate) / 1000);
        if (newestAdvisory !== null) newest.set({ source, feed }, Date.parse(newestAdvisory) / 1000);
        checked.set({ source, feed }, Date.parse(checkedAt) / 1000);
        records.set({ source, feed }, count);
      }
      return await registry.metrics();
    },
  };
}
