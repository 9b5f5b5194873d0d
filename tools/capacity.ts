import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A figure of the plan. */
export interface CapacityInput {
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  /** The command that measured it, or `assumed` with the reason. */
  readonly from: string;
  /** Text of docs/performance.md that has the figure. Undefined for figures from elsewhere. */
  readonly quote?: string;
}

/** The figures of the plan, by name. The costs are of PostgreSQL, on two processors. */
export const capacityInputs = {
  imageBytes: {
    value: 7810,
    unit: 'bytes',
    what: 'database for one image that shares its packages',
    from: '`npm run bench -- fleet --engine postgres 100000`',
    quote: '7.81 kB an image; rows: image 100000',
  },
  saveMs: {
    value: 7.82,
    unit: 'ms of CPU',
    what: 'save an image with a new list of packages',
    from: 'the same',
    quote:
      'save an image with a new set                 500: clock mean 8.26 p50 7.99 p95 10.66 max 21.78; CPU mean 7.82',
  },
  pageMs: {
    value: 6.8,
    unit: 'ms of CPU',
    what: 'first page of 100 affected images',
    from: 'the same',
    quote: 'p95 10.27 max 35.68; CPU mean 6.80',
  },
  firstCountMs: {
    value: 2.56,
    unit: 'ms of CPU',
    what: 'count the findings of a new image',
    from: 'the same',
    quote: 'findings counted of all sets: 6573150 in 100000 images, in 233.2 s, CPU 255.5 s',
  },
  recountSeconds: {
    value: 669,
    unit: 's of CPU',
    what: 'count the findings of a million images again, after 1,000 advisories changed',
    from: 'the same; ten times that of 100,000 images',
    quote: 'in 65.9 s, CPU 66.9 s',
  },
  eventsSeconds: {
    value: 9.5,
    unit: 's of CPU',
    what: 'events of 1,000 changed advisories, with the first pages of their images',
    from: 'the same',
    quote: '1000 changed advisories: their events, and the first pages (78446 images), in 7.6 s, CPU 9.5 s',
  },
  scanMs: {
    value: 1528,
    unit: 'ms of CPU',
    what: 'scan an image of 63.3 MB, compressed',
    from: '`npm run bench -- scan` (debian-bookworm, OCI gzip)',
    quote: '| clair | 906 | 1528 | 143 | 0.69 |',
  },
  scanMegabytes: {
    value: 63.3,
    unit: 'MB',
    what: 'size of that image',
    from: '`du -sb debian-bookworm`',
  },
  extractMegabytes: {
    value: 1.13,
    unit: 'MB',
    what: 'extract of the layer of that image, if extracts are kept',
    from: '`npm run bench -- extracts` (debian-bookworm)',
    quote: '| debian-bookworm | 63.29 | 1.13 |',
  },
  extractShare: {
    value: 0.086,
    unit: 'of the CPU',
    what: 'analysis of that layer from its extract, of reading the layer',
    from: 'the same',
    quote: '| debian-bookworm | 63.29 | 1.13 | 1051 | 1229 | 90 |',
  },
  feedMs: {
    value: 8324,
    unit: 'ms of CPU',
    what: 'update of 58 feeds, of which 1 % of the records changed',
    from: '`npm run bench -- feeds`',
    quote: '| all feeds, 1 % changed | 58 | 8324 |',
  },
  historyFactor: {
    value: 0.97,
    unit: '× the advisories',
    what: 'history of a year with the default retention',
    from: '`npm run bench -- daily --engine postgres`',
    quote: 'default retention: snapshot 39.1 MB, after 365 days 76.9 MB: the year costs 0.97 snapshots',
  },
  reportMs: {
    value: 37,
    unit: 'ms of CPU',
    what: 'match an image with 2,372 findings',
    from: '`npm run bench -- match --engine postgres`',
    quote: 'store: join, sort and make matches wall p50   26.3  p95   38.6  CPU p50   37.0',
  },
  advisoryGigabytes: {
    value: 6,
    unit: 'GB',
    what: 'advisories of all sources of the Internet, without history',
    from: 'assumed; `clair db update --mirror` with the mirror of the tests: 0.14 GB on SQLite for 137,256 records',
  },
  newShare: {
    value: 0.01,
    unit: 'of all images',
    what: 'new images a day',
    from: 'assumed',
  },
  newMegabytes: {
    value: 100,
    unit: 'MB',
    what: 'compressed bytes of a new image that no known layer has',
    from: 'assumed',
  },
  peakFactor: {
    value: 3,
    unit: '×',
    what: 'peak of a day over its mean',
    from: 'assumed',
  },
  updatesPerDay: {
    value: 12,
    unit: '',
    what: 'updates of the advisories a day, each with 1,000 changed advisories',
    from: '`updater.interval` of 2 h; the changes are assumed',
  },
  walksPerDay: {
    value: 4,
    unit: '',
    what: 'walks through each registry a day, beside its notifications',
    from: 'chosen: `interval: 6h`',
  },
  reportsPerImage: {
    value: 0.1,
    unit: '',
    what: 'reports read a day, for each image',
    from: 'assumed',
  },
  imagesPerCell: {
    value: 5e6,
    unit: 'images',
    what: 'most images of a cell',
    from: 'chosen: five times the largest fleet that was measured',
  },
} as const satisfies Readonly<Record<string, CapacityInput>>;

const secondsPerDay = 86_400;

/** The size of an installation for a number of images. */
interface Capacity {
  readonly images: number;
  readonly cells: number;
  readonly databaseGigabytes: number;
  readonly newPerDay: number;
  readonly megabitsPerSecond: number;
  readonly scanCores: number;
  readonly saveCores: number;
  readonly feedCores: number;
  readonly countCores: number;
  readonly reportCores: number;
  readonly headsPerSecond: number;
  readonly pageMs: number;
  readonly firstScanCoreDays: number;
  readonly firstScanTerabytes: number;
  readonly extractTerabytes: number;
  readonly againCoreDays: number;
}

function input(name: keyof typeof capacityInputs): number {
  return capacityInputs[name].value;
}

/** Returns the size of an installation for a number of images, all cells together. Cores are those of the peak. */
export function capacityFor(images: number): Capacity {
  const cells = Math.max(1, Math.ceil(images / input('imagesPerCell')));
  const newPerDay = images * input('newShare');
  const scanMs = (input('scanMs') / input('scanMegabytes')) * input('newMegabytes');
  const peak = input('peakFactor');
  const coresOf = (msPerDay: number): number => msPerDay / 1000 / secondsPerDay;
  const countSeconds = (images / 1e6) * input('recountSeconds') + cells * input('eventsSeconds');
  return {
    images,
    cells,
    newPerDay,
    databaseGigabytes:
      (images * input('imageBytes')) / 1e9 +
      cells * input('advisoryGigabytes') * (1 + input('historyFactor')),
    megabitsPerSecond: (newPerDay * input('newMegabytes') * 8) / secondsPerDay,
    scanCores: coresOf(newPerDay * scanMs) * peak,
    saveCores: coresOf(newPerDay * (input('saveMs') + input('firstCountMs'))) * peak,
    feedCores: coresOf(cells * input('updatesPerDay') * input('feedMs')),
    countCores: coresOf(input('updatesPerDay') * countSeconds * 1000),
    reportCores: coresOf(images * input('reportsPerImage') * input('reportMs')) * peak,
    headsPerSecond: (images * input('walksPerDay')) / secondsPerDay,
    pageMs: cells * input('pageMs'),
    firstScanCoreDays: (images * scanMs) / 1000 / secondsPerDay,
    firstScanTerabytes: (images * input('newMegabytes')) / 1e6,
    extractTerabytes:
      (images * input('newMegabytes') * input('extractMegabytes')) / input('scanMegabytes') / 1e6,
    againCoreDays: ((images * scanMs) / 1000 / secondsPerDay) * input('extractShare'),
  };
}

const sizes = [1e6, 1e7, 1e8];

/** Returns the number of servers for the work of all cells, the share of the databases included. */
function serversFor(capacity: Capacity): number {
  const { scanCores, saveCores, feedCores, countCores, reportCores } = capacity;
  const cores = scanCores + saveCores + feedCores + countCores + reportCores;
  return Math.max(2 * capacity.cells, Math.ceil(cores / coresPerServer));
}

const coresPerServer = 4;

const rows: readonly (readonly [string, (capacity: Capacity) => number])[] = [
  ['cells', ({ cells }) => cells],
  ['new images a day', ({ newPerDay }) => newPerDay],
  ['databases, all cells, GB', ({ databaseGigabytes }) => databaseGigabytes],
  ['database of one cell, GB', ({ databaseGigabytes, cells }) => databaseGigabytes / cells],
  ['network from registries, mean, Mbit/s', ({ megabitsPerSecond }) => megabitsPerSecond],
  ['scans, cores at the peak', ({ scanCores }) => scanCores],
  ['saved and counted images, cores at the peak', ({ saveCores }) => saveCores],
  ['updates of advisories, cores', ({ feedCores }) => feedCores],
  ['counts of findings and events, cores', ({ countCores }) => countCores],
  ['reports, cores at the peak', ({ reportCores }) => reportCores],
  ['servers of four cores, at least two for each cell', serversFor],
  ['HEAD requests of walks each second', ({ headsPerSecond }) => headsPerSecond],
  ['first page of affected images over all cells, ms of CPU', ({ pageMs }) => pageMs],
  ['first scan of everything, TB', ({ firstScanTerabytes }) => firstScanTerabytes],
  ['first scan of everything, core days', ({ firstScanCoreDays }) => firstScanCoreDays],
  ['extracts of everything, if they are kept, TB', ({ extractTerabytes }) => extractTerabytes],
  ['analysis of everything from extracts, core days', ({ againCoreDays }) => againCoreDays],
];

/** Returns the tables of docs/scale.md: the figures with their sources, and what follows from them. */
export function capacityTables(): string {
  const capacities = sizes.map(capacityFor);
  const figures = Object.values<CapacityInput>(capacityInputs).map(
    ({ what, value, unit, from }) => `| ${what} | ${number(value)} ${unit} | ${from} |`,
  );
  const results = rows.map(
    ([name, of]) => `| ${name} | ${capacities.map((capacity) => number(of(capacity))).join(' | ')} |`,
  );
  return [
    '| figure | value | from |\n|---|---:|---|',
    ...figures,
    '',
    `| images | ${sizes.map(number).join(' | ')} |\n|---|---:|---:|---:|`,
    ...results,
    '',
  ]
    .join('\n')
    .replaceAll('  |', ' |');
}

/** Formats a number with two significant digits more than an estimate needs. */
function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

const page = join(import.meta.dirname, '../docs/scale.md');
const [start, end] = ['<!-- capacity -->\n', '<!-- end -->'];

/** Returns a page with its tables replaced by the computed ones. */
export function withCapacityTables(text: string): string {
  const [head = '', rest = ''] = text.split(start);
  return `${head}${start}${capacityTables()}${end}${rest.split(end).slice(1).join(end)}`;
}

if (import.meta.main) writeFileSync(page, withCapacityTables(readFileSync(page, 'utf8')));
