import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { FeedOutcome } from '../service/feeds/update-feeds.ts';
import { userFeed } from '../service/feeds/user-vulnerabilities.ts';
import { staleSources } from '../service/findings/feed-age.ts';
import type { FeedState } from '../store/feed-state.ts';
import type { FindingTotals } from '../store/finding-count-store.ts';
import type { Job } from '../store/job-store.ts';
import type { RegistryWalk } from '../store/watch-store.ts';
import { type ExtractMetrics, extractCounters } from './extract-metrics.ts';
import type { ApiResponse } from './http/route.ts';

/** Numbers of layers that the layer pool reads, and of layers that wait for a thread. */
export interface LayerReadLoad {
  readonly busy: number;
  readonly waiting: number;
}

/** Current values for gauges, as opposed to counters. */
export interface GaugeValues {
  readonly feeds: readonly FeedState[];
  /** Names of the sources that the settings name. */
  readonly sources?: readonly string[];
  readonly jobs: readonly Job[];
  readonly reading: LayerReadLoad;
  /** The last walks of watched registries. */
  readonly walks: readonly RegistryWalk[];
  /** When the first scan of an image that waits or runs was due or will be; undefined if there is none. */
  readonly nextScan?: string | undefined;
  /** The findings of all images; undefined until they are counted. */
  readonly totals?: FindingTotals | undefined;
  /** The time at which the age of the feeds and jobs is judged. */
  readonly now: Date;
}

/** The metrics of the server. Metrics that Clair has keep Clair's names. */
export interface Metrics extends ExtractMetrics {
  /** Records an update of the feeds of one source, and its duration. */
  recordFeedUpdate(outcomes: readonly FeedOutcome[], seconds: number): void;
  /** Records a response of the API, and its duration. */
  recordResponse(route: string, status: number, ms: number): void;
  /** Records an attempt to read a layer. */
  recordLayer(reading: { readonly seconds: number; readonly bytes: number; readonly outcome: string }): void;
  /** Records a delivered notification, and the time since its creation. */
  recordDelivery(ms: number): void;
  /** Counts a failed delivery attempt. */
  recordDeliveryFailure(transport: string): void;
  /** Returns all metrics in the text format of Prometheus, with these values of the gauges. */
  render(gauges: GaugeValues): Promise<string>;
  /**
   * Returns the metrics of this process only. `isDatabaseUp` is false while the database does not answer, and absent for a server without one.
   */
  renderProcess(reading: LayerReadLoad, isDatabaseUp?: false): Promise<string>;
}

/** Returns the response with the metrics in the text format of Prometheus. */
export async function metricsResponse(write: () => Promise<string>): Promise<ApiResponse> {
  return { status: 200, contentType: 'text/plain; version=0.0.4', text: await write() };
}

/** Clair's buckets for the duration of a response, in milliseconds. */
const responseBuckets = Array.from({ length: 10 }, (_, i) => 9.375 * 2 ** i);

/** Returns new metrics, whose counters are 0. Those of the process have the names that Prometheus recommends. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    ...apiAndFeedCounters(registry),
    ...notificationCounters(registry),
    ...extractCounters(registry),
    ...gaugeMetrics(registry),
  };
}

/** Registers the metrics of the API, the feeds and the layers. */
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
    help: 'Time to update the feeds of one source, in seconds.',
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
    help: 'Time to read a posted layer, in seconds.',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.2, 1, 5, 30, 120],
    registers,
  });
  const layerBytes = new Counter({
    name: 'clair_layer_bytes_total',
    help: 'Downloaded bytes of posted layers.',
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

/** Registers the metrics of notifications. */
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

/** Registers the gauges, which get their values when the metrics are rendered. */
function gaugeMetrics(registry: Registry): Pick<Metrics, 'render' | 'renderProcess'> {
  const ofDatabase = new Registry();
  const registers = [ofDatabase];
  const renderReading = readingGauges([registry]);
  const up = new Gauge({
    name: 'clair_database_up',
    help: '1 if the database answers. Otherwise 0, and the metrics that are read from it are absent.',
    registers: [registry],
  });
  const renderFeeds = feedGauges(registers);
  const renderSources = sourceGauge(registers);
  const renderJobs = jobGauges(registers);
  const renderTotals = fleetGauges(registers);
  const renderWalks = walkGauges(registers);
  const renderScans = scanGauge(registers);
  return {
    async render({ feeds, sources = [], jobs, reading, walks, nextScan, totals, now }) {
      renderFeeds(feeds, now);
      renderSources(sources, feeds);
      renderJobs(jobs, now);
      renderTotals(totals);
      renderWalks(walks);
      renderScans(nextScan, now);
      renderReading(reading);
      up.set(1);
      return `${await registry.metrics()}\n${await ofDatabase.metrics()}`;
    },
    async renderProcess(reading, isDatabaseUp) {
      renderReading(reading);
      up.remove();
      if (isDatabaseUp === false) up.set(0);
      return await registry.metrics();
    },
  };
}

/** Registers the gauges of the layer pool; returns a function that sets them. */
function readingGauges(registers: Registry[]): (reading: LayerReadLoad) => void {
  const busy = new Gauge({ name: 'clair_layers_reading', help: 'Posted layers in progress.', registers });
  const waiting = new Gauge({
    name: 'clair_layers_waiting',
    help: 'Posted layers that wait for a thread.',
    registers,
  });
  return (reading) => {
    busy.set(reading.busy);
    waiting.set(reading.waiting);
  };
}

/** Registers the gauges of feeds; returns a function that sets them. */
function feedGauges(registers: Registry[]): (feeds: readonly FeedState[], now: Date) => void {
  const labelNames = ['source', 'feed'];
  const gauge = (name: string, help: string): Gauge<'source' | 'feed'> =>
    new Gauge({ name, help, labelNames, registers });
  const newest = gauge(
    'clair_feed_newest_advisory_seconds',
    'Time of the newest advisory of a feed, in seconds since 1970.',
  );
  const content = gauge(
    'clair_feed_content_seconds',
    'Time of the content of a feed in seconds since 1970: of its newest record, of the feed itself, or of its file.',
  );
  const stale = gauge(
    'clair_feed_stale',
    '1 if the latest content of the source of a feed is too old, otherwise 0.',
  );
  const checked = gauge(
    'clair_feed_checked_seconds',
    'Time of the last successful check of a feed, in seconds since 1970.',
  );
  const records = gauge('clair_feed_records', 'Current records of a feed.');
  const notes = new Gauge({
    name: 'clair_updater_notes_total',
    help: 'Records of the feeds that could not be parsed.',
    registers,
  });
  return (feeds, now) => {
    const staleNames = staleSources(feeds, now);
    for (const one of [newest, content, stale, checked, records]) one.reset();
    notes.set(feeds.reduce((sum, { skipped }) => sum + skipped.count, 0));
    for (const { source, feed, ...state } of feeds.filter(({ presence }) => presence === 'loaded')) {
      const labels = { source, feed };
      if (state.contentDate !== null) content.set(labels, Date.parse(state.contentDate) / 1000);
      if (state.newestAdvisory !== null) newest.set(labels, Date.parse(state.newestAdvisory) / 1000);
      stale.set(labels, Number(staleNames.has(source)));
      // What users write is never checked.
      if (source !== userFeed.source) checked.set(labels, Date.parse(state.checkedAt) / 1000);
      records.set(labels, state.records);
    }
  };
}

/** Registers the gauge of the sources that the settings name; returns a function that sets it. */
function sourceGauge(
  registers: Registry[],
): (sources: readonly string[], feeds: readonly FeedState[]) => void {
  const isLoaded = new Gauge({
    name: 'clair_source_loaded',
    help: '1 if a feed of a source that updater.enabledupdaters names is loaded, otherwise 0.',
    labelNames: ['source'],
    registers,
  });
  return (sources, feeds) => {
    isLoaded.reset();
    const loaded = new Set(feeds.flatMap(({ source, presence }) => (presence === 'loaded' ? [source] : [])));
    for (const source of sources) isLoaded.set({ source }, loaded.has(source) ? 1 : 0);
  };
}

/** Registers the gauges of jobs; returns a function that sets them. */
function jobGauges(registers: Registry[]): (jobs: readonly Job[], now: Date) => void {
  const failures = new Gauge({
    name: 'clair_job_failures',
    help: 'Failed runs of a job in a row. It is 0 after a successful run.',
    labelNames: ['job'],
    registers,
  });
  const overdue = new Gauge({
    name: 'clair_job_overdue_seconds',
    help: 'Time for which the longest overdue job of a lane has waited for a server, in seconds.',
    labelNames: ['lane'],
    registers,
  });
  return (jobs, now) => {
    failures.reset();
    overdue.reset();
    for (const [lane, ofLane] of Map.groupBy(jobs, (job) => job.lane)) {
      const waits = ofLane.map(({ state, runAt }) => (state === 'running' ? 0 : secondsSince(runAt, now)));
      overdue.set({ lane }, Math.max(...waits, 0));
    }
    for (const { name, state, attempt } of jobs)
      failures.set({ job: name }, state === 'running' ? attempt - 1 : attempt);
  };
}

/** Registers the gauge of the queue of scans; returns a function that sets it. */
function scanGauge(registers: Registry[]): (nextScan: string | undefined, now: Date) => void {
  const overdue = new Gauge({
    name: 'clair_scan_overdue_seconds',
    help: 'Time for which the longest overdue scan of an image has waited for a server, in seconds. 0 if none is due.',
    registers,
  });
  return (nextScan, now) => {
    overdue.set(nextScan === undefined ? 0 : Math.max(secondsSince(nextScan, now), 0));
  };
}

/** Registers the gauges of watched registries; returns a function that sets them. */
function walkGauges(registers: Registry[]): (walks: readonly RegistryWalk[]) => void {
  const gauge = (name: string, help: string): Gauge<'registry'> =>
    new Gauge({ name, help, labelNames: ['registry'], registers });
  const completed = gauge(
    'clair_registry_walk_seconds',
    'End of the last walk that reached everything in a watched registry, in seconds since 1970. 0 before the first.',
  );
  const tags = gauge('clair_registry_tags', 'Tags of a watched registry at its last walk.');
  const errors = gauge(
    'clair_registry_errors',
    'Repositories and tags of a watched registry that its last walk could not read.',
  );
  return (walks) => {
    for (const one of [completed, tags, errors]) one.reset();
    for (const { name: registry, ...walk } of walks) {
      completed.set({ registry }, walk.completedAt === null ? 0 : Date.parse(walk.completedAt) / 1000);
      tags.set({ registry }, walk.tags);
      errors.set({ registry }, walk.errors);
    }
  };
}

/** Registers the gauges of the findings of all images; returns a function that sets them. They have no values until these are counted. */
function fleetGauges(registers: Registry[]): (totals: FindingTotals | undefined) => void {
  const findings = new Gauge({
    name: 'clair_fleet_findings',
    help: 'Findings of all images that a name refers to. exploited is unknown if no list of exploited vulnerabilities is loaded.',
    labelNames: ['severity', 'fixable', 'exploited'],
    registers,
  });
  const images = new Gauge({
    name: 'clair_fleet_images',
    help: 'Images that a name refers to, when the findings were counted.',
    registers,
  });
  const due = new Gauge({
    name: 'clair_fleet_due_sets',
    help: 'Package sets of these images whose findings are not counted, or must be counted again.',
    registers,
  });
  return (totals) => {
    findings.reset();
    images.remove();
    due.remove();
    if (totals === undefined) return;
    images.set(totals.images);
    due.set(totals.dueSets);
    for (const { severity, isFixable, exploited, findings: count } of totals.findings)
      findings.set({ severity, fixable: isFixable ? 'yes' : 'no', exploited }, count);
  };
}

function secondsSince(time: string, now: Date): number {
  return (now.getTime() - Date.parse(time)) / 1000;
}
