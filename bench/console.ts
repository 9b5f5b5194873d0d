/**
 * Measures the lists of `/api/v1` as the console reads them, over HTTP: the 95th percentile of the first page of each, with 100,000 images and
 * about ten million findings. Images share package sets as in a registry. First, the job counts the images of the seeded sets. Exits with 1 if
 * a list exceeds its budget. Run:
 *
 *     npm run bench -- console [--engine sqlite|postgres] [images]
 */
import { serveApi } from '../src/api/http/api-server.ts';
import { fleetPrefix, fleetRoutes } from '../src/api/http/fleet/routes.ts';
import { routerOf } from '../src/api/http/router.ts';
import { builtIn as extensions } from '../src/extensions.ts';
import { apiServerDefaults } from '../src/testing/api-server.ts';
import { fleetDeps } from '../src/testing/fleet-server.ts';
import { feedUpdate, stream } from '../src/testing/store-content.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';
import { baseRecords, popular, seedFleet } from './console-fleet.ts';

const samples = 40;
const budgetMs = 150;
const summaryBudgetMs = 100;
const newImages = 500;

const { engine, rest } = engineArgument();
const images = Number(rest[0] ?? 100_000);
await using database = await openBenchStore(engine);
const { store } = database;

const start = performance.now();
await using connection = await database.openEngine();
const findings = await seedFleet(connection, images);
await store.advisories.apply(feedUpdate({ source: 'debian' }), stream(baseRecords()));
await database.settle();
report(`${images} images with ${findings} findings, seeded in`, start);
await countImages('the images of all findings counted in');
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
await store.findingCounts.updateTotals();
process.stdout.write(`${Math.round((await database.sizeBytes()) / 1e6)} MB\n`);

const server = await serveApi(
  'the API',
  { host: '127.0.0.1', port: 0 },
  {
    ...apiServerDefaults,
    routers: () => [routerOf(fleetPrefix, fleetRoutes(fleetDeps(store, extensions, () => new Date())))],
  },
);
const digest = (image: number): string => `sha256:${image.toString(16).padStart(64, '0')}`;
const repositoryOf = (image: number): string =>
  encodeURIComponent(`registry.example/team-${image % 97}/app-${Math.floor(image / 50)}`);
let failures = 0;
await measure('/summary', () => '/summary', summaryBudgetMs);
await measure('/images', (i) => `/images?after=${i * 1000}`);
await measure('/images by risk', () => '/images?sort=risk');
await measure('/images with a severity', () => '/images?severity=Critical&sort=risk');
await measure('/images exploited', () => '/images?exploited=true');
await measure('/images of a repository', (i) => `/images?repository=${repositoryOf((i * 997) % images)}`);
await measure('/images with a part of a name', (i) => `/images?q=app-${i * 31}`);
await measure('/images with a rare name', () => '/images?q=nothing-has-it');
await measure('/images of a namespace', (i) => `/images?namespace=debian:${4 + (i % 10)}`);
await measure('/images with a label', (i) => `/images?label=team=team-${i}`);
await measure('/findings', () => '/findings');
await measure('/findings exploited', () => '/findings?exploited=true&fixable=true');
await measure('/findings of a severity', () => '/findings?severity=Low&fixable=false');
await measure('/findings of a namespace', (i) => `/findings?namespace=debian:${4 + (i % 10)}`);
await measure('/findings of a package', (i) => `/findings?package=npm-${i * 2}`);
await measure(
  '/findings of a vulnerability',
  (i) => `/findings?vulnerability=CVE-${2018 + (i % 9)}-${1000 + i}`,
);
await measure('/findings of an image', (i) => `/findings?image=${digest(1 + ((i * 97) % images))}`);
await measure('/findings of a repository', (i) => `/findings?repository=${repositoryOf((i * 997) % images)}`);
await measure('/advisories', () => '/advisories');
await measure('/advisories by images', () => '/advisories?sort=images');
await measure('/advisories by EPSS', () => '/advisories?sort=epss&exploited=false');
await measure('/advisories with a part of an id', (i) => `/advisories?q=2-${1000 + i}`);
await measure('/advisories/ID', () => `/advisories/${popular.vulnerability}`);
await measure('/advisories/ID/images', () => `/advisories/${popular.vulnerability}/images`);
await measure('/packages', () => '/packages');
await measure('/packages with a part of a name', (i) => `/packages?q=-${i * 3}`);
await measure(
  '/packages/versions',
  () => `/packages/versions?namespace=${popular.namespace}&name=${popular.name}`,
);
await measure('/search', (i) => `/search?q=${i * 17}`);
await server.stop(0);
if (failures > 0) {
  process.stdout.write(`${failures} lists exceed their budget\n`);
  process.exitCode = 1;
}

async function countImages(what: string): Promise<void> {
  const begin = performance.now();
  await store.findingCounts.updateImages({ signal: new AbortController().signal });
  report(what, begin);
}

function report(what: string, begin: number): void {
  process.stdout.write(`${what} ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
}

/** Prints the median and the 95th percentile of requests, after one that fills caches. */
async function measure(name: string, pathOf: (sample: number) => string, budget = budgetMs): Promise<void> {
  const times: number[] = [];
  let rows = 0;
  for (let i = 0; i <= samples; i++) {
    const begin = performance.now();
    const response = await fetch(`http://127.0.0.1:${server.port}${fleetPrefix}${pathOf(i)}`);
    const text = await response.text();
    if (i > 0) times.push(performance.now() - begin);
    if (!response.ok) throw new Error(`${pathOf(i)}: ${text}`);
    rows = Math.max(
      0,
      ...Object.values(JSON.parse(text) as object).map((one) => (Array.isArray(one) ? one.length : 0)),
    );
  }
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.ceil(part * times.length) - 1] ?? 0;
  const isOver = at(0.95) > budget;
  if (isOver) failures++;
  const line = `${name.padEnd(36)} p50 ${at(0.5).toFixed(0).padStart(5)}  p95 ${at(0.95).toFixed(0).padStart(5)} ms`;
  process.stdout.write(`${line}  ${rows} rows${isOver ? `, budget ${budget}` : ''}\n`);
}
