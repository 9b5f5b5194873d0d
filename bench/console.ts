/**
 * Measures the lists of `/api/v1` as the console reads them, over HTTP: the 95th percentile of the first page of each, and of the pages behind
 * it, with 100,000 images and about eleven million findings. Images share package sets as in a registry. First, the job counts the images of
 * the seeded sets. `--keep` names a file, or the connection string of an empty database, for further runs. `--only` measures the lists whose
 * names begin so, and counts nothing. `--samples` is the number of requests for each list. Exits with 1 if a list exceeds its budget. Run:
 *
 *     npm run bench -- console [--engine sqlite|postgres] [--keep PLACE] [--only NAME] [images]
 */
import { parseArgs } from 'node:util';
import { serveApi } from '../src/api/http/api-server.ts';
import { fleetPrefix, fleetRoutes } from '../src/api/http/fleet/routes.ts';
import { routerOf } from '../src/api/http/router.ts';
import { builtIn as extensions } from '../src/extensions.ts';
import { updateUpgrades } from '../src/service/finding-counts/update-upgrades.ts';
import { apiServerDefaults } from '../src/testing/api-server.ts';
import { fleetDeps } from '../src/testing/fleet-server.ts';
import { feedUpdate, stream } from '../src/testing/store-content.ts';
import { openBenchStore } from './bench-store.ts';
import { seedFleet } from './console-fleet.ts';
import { type ConsoleList, consoleLists } from './console-lists.ts';
import { benchNames, seededRecords } from './fleet-rules.ts';

/** The last page of a list that is measured. */
const pages = 50;
const newImages = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'sqlite' },
    keep: { type: 'string' },
    only: { type: 'string' },
    samples: { type: 'string', default: '40' },
  },
});
const images = Number(positionals[0] ?? 100_000);
const samples = Number(values.samples);
await using database = await openBenchStore(values.engine, { keptAt: values.keep });
const { store } = database;

await using connection = await database.openEngine();
if (await isEmpty()) {
  const start = performance.now();
  const findings = await seedFleet(connection, { images, names: benchNames });
  await store.advisories.apply(feedUpdate({ source: 'debian' }), stream(seededRecords(images, benchNames)));
  await database.settle();
  report(`${images} images with ${findings} findings, seeded in`, start);
  await countImages('the images of all findings counted in');
}
if (values.only === undefined) await measureCounts();

const server = await serveApi(
  'the API',
  { host: '127.0.0.1', port: 0 },
  {
    ...apiServerDefaults,
    routers: () => [routerOf(fleetPrefix, fleetRoutes(fleetDeps(store, extensions, () => new Date())))],
  },
);
let failures = 0;
for (const list of consoleLists(images)) if (list.name.startsWith(values.only ?? '')) await measureList(list);
await server.stop(0);
if (failures > 0) {
  process.stdout.write(`${failures} lists exceed their budget\n`);
  process.exitCode = 1;
}

/** Measures what the job does when images come and go. */
async function measureCounts(): Promise<void> {
  await database.settle();
  await countImages('a count without changes took');
  await connection.db.updateTable('image').set({ known_image: null }).where('id', '<=', newImages).execute();
  await countImages(`${newImages} images that are gone counted in`);
  await connection.db
    .updateTable('image')
    .set((eb) => ({ known_image: eb.ref('id') }))
    .where('id', '<=', newImages)
    .execute();
  await countImages(`${newImages} new images counted in`);
  await connection.db.insertInto('recounted_set').values({ set_id: 1 }).execute();
  await countImages('the images of a changed base counted in');
  for (const which of ['first', 'again']) {
    const counting = performance.now();
    await store.findingAges.update({ signal: new AbortController().signal });
    report(`the ages of all findings counted, ${which},`, counting);
  }
  await store.findingCounts.updateTotals();
  const ranking = performance.now();
  const { signal } = new AbortController();
  await updateUpgrades(undefined, { store, schemes: extensions.schemes, signal });
  report('the upgrades of all images ranked in', ranking);
  process.stdout.write(`${Math.round((await database.sizeBytes()) / 1e6)} MB\n`);
}

async function isEmpty(): Promise<boolean> {
  return (await connection.db.selectFrom('image').select('id').limit(1).executeTakeFirst()) === undefined;
}

async function countImages(what: string): Promise<void> {
  const begin = performance.now();
  await store.findingCounts.updateImages({ signal: new AbortController().signal });
  report(what, begin);
}

function report(what: string, begin: number): void {
  process.stdout.write(`${what} ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
}

/** Measures the first page, after a request that fills caches, and the pages behind it. */
async function measureList({ name, pathOf, budgetMs, isPaged }: ConsoleList): Promise<void> {
  const times: number[] = [];
  let next: string | undefined;
  let rows = 0;
  await request(pathOf(samples));
  let cpu = database.cpuMs();
  for (let i = 0; i < samples; i++) {
    const page = await request(pathOf(i));
    times.push(page.ms);
    ({ next, rows } = page);
  }
  print(name, times, { budgetMs, rows, cpuMs: database.cpuMs() - cpu });
  if (!isPaged || next === undefined) return;
  const later: number[] = [];
  cpu = database.cpuMs();
  for (let i = 2; i <= pages && next !== undefined; i++) {
    const page: Page = await request(withParameter(pathOf(samples - 1), `after=${encodeURIComponent(next)}`));
    later.push(page.ms);
    ({ next, rows } = page);
  }
  print(`  pages 2 to ${later.length + 1}`, later, { budgetMs, rows, cpuMs: database.cpuMs() - cpu });
}

interface Page {
  readonly ms: number;
  readonly next: string | undefined;
  readonly rows: number;
}

async function request(path: string): Promise<Page> {
  const begin = performance.now();
  const response = await fetch(`http://127.0.0.1:${server.port}${fleetPrefix}${path}`);
  const text = await response.text();
  const ms = performance.now() - begin;
  if (!response.ok) throw new Error(`${path}: ${text}`);
  const document = JSON.parse(text) as Record<string, unknown>;
  const lists = Object.values(document).map((one) => (Array.isArray(one) ? one.length : 0));
  const next = document['next'] as string | number | undefined;
  return { ms, next: next === undefined ? undefined : String(next), rows: Math.max(0, ...lists) };
}

function withParameter(path: string, parameter: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${parameter}`;
}

/** Prints the median and the 95th percentile of the wall time, and the mean of the CPU time of client, server and database. */
function print(
  name: string,
  times: readonly number[],
  { budgetMs, rows, cpuMs }: { readonly budgetMs: number; readonly rows: number; readonly cpuMs: number },
): void {
  const rising = times.toSorted((a, b) => a - b);
  const at = (part: number): number => rising[Math.ceil(part * rising.length) - 1] ?? 0;
  const isOver = at(0.95) > budgetMs;
  if (isOver) failures++;
  const figures = `p50 ${at(0.5).toFixed(0).padStart(5)}  p95 ${at(0.95).toFixed(0).padStart(5)} ms  CPU ${(cpuMs / times.length).toFixed(0).padStart(4)} ms`;
  process.stdout.write(
    `${name.padEnd(36)} ${figures}  ${rows} rows${isOver ? `, budget ${budgetMs}` : ''}\n`,
  );
}
