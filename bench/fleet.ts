/**
 * Measures the store with the images of a fleet: size, saving, affected images, matches, counts of findings, and the events of 1,000 changed
 * advisories.
 *
 * Images share packages as in a registry. The factors are those below: few bases, some of them popular; one list of further packages of the
 * distribution for every 50 images; ten layers, of which five belong to the base; a name for each image. With `--languages`, every other
 * image also has an application with 900 packages, each at its own path, and five images share one. Run:
 *
 *     node bench/fleet.ts [--engine sqlite|postgres] [--languages] [images]
 */
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { countFindings } from '../src/service/finding-counts/count-findings.ts';
import type { ImagePackage } from '../src/store/image-store.ts';
import { openBenchStore } from './bench-store.ts';
import { copyImages } from './copy-images.ts';
import {
  advisoryOf,
  catalogue,
  digestOf,
  FleetContents,
  imageOf,
  imagesPerExtension,
  layersOf,
  layersOfBase,
} from './fleet-contents.ts';
import { random } from './random.ts';

const advisories = 10_000;
const changedAdvisories = 1_000;
const pageSize = 100;
const samples = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', default: 'sqlite' }, languages: { type: 'boolean', default: false } },
});
const images = Number(positionals[0] ?? 1_000_000);
const fleet = new FleetContents({ hasLanguages: values.languages });
const contents = Math.ceil(images / fleet.imagesPerContent);

await using database = await openBenchStore(values.engine);
const { store } = database;

await fill();
await measureSize();
await measureSaves();
await apply(false);
await measureAffected();
await measureMatches();
await measureCounts('of all sets');
await measureChange();
await measureCounts('after the change');

async function save(content: number, packages: readonly ImagePackage[], suffix = ''): Promise<number> {
  return await store.images.save(imageOf(content, packages, suffix));
}

async function fill(): Promise<void> {
  const start = performance.now();
  for (let content = 0; content < contents; content++) {
    const image = await save(content, fleet.packages(content));
    const hashes = layersOf(content);
    await store.ancestries.save({ name: `registry.example.org/${content}`, hashes, image, engineVersion: 1 });
  }
  const saved = performance.now();
  await using engine = await database.openEngine();
  await copyImages(engine, { contents, images, more: copiedLayers });
  if (values.engine === 'postgres')
    await sql`select setval(pg_get_serial_sequence('image', 'id'), (select max(id) from image))`.execute(
      engine.db,
    );
  await database.settle();
  const seconds = [saved - start, performance.now() - saved].map((ms) => (ms / 1000).toFixed(0));
  process.stdout.write(
    `${contents} contents saved in ${seconds[0]} s, ${images} images in ${seconds[1]} s more\n`,
  );
}

/** Statements that give a copy other layers of its own. */
function copiedLayers(copy: number, further: number): string[] {
  const copied = (column: string): string =>
    `case when position < ${layersOfBase} then ${column} else substr(${column}, 1, 60) || ${copy} end`;
  return [
    `insert into image_layer (image_id, position, layer)
      select image_id + ${further}, position, ${copied('layer')}
      from image_layer where image_id <= ${contents} order by image_id, position`,
    `insert into ancestry_layer (ancestry_number, position, hash)
      select ancestry_number + ${further}, position, ${copied('hash')}
      from ancestry_layer where ancestry_number <= ${contents} order by ancestry_number, position`,
  ];
}

async function measureSize(): Promise<void> {
  const bytes = await database.sizeBytes();
  const { rows } = await store.statistics();
  const counts = ['image', 'image_set', 'package_set', 'set_package', 'package'].map(
    (table) => `${table} ${rows[table]}`,
  );
  process.stdout.write(`${(bytes / images / 1000).toFixed(2)} kB an image; rows: ${counts.join(', ')}\n`);
}

/** Wall-clock and CPU milliseconds of repeated work. CPU includes the server and does not depend on the load of the machine. */
async function measure<T>(what: string, count: number, work: (i: number) => Promise<T>): Promise<void> {
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    const [start, cpuStart] = [performance.now(), database.cpuMs()];
    await work(i);
    wall.push(performance.now() - start);
    cpu.push(database.cpuMs() - cpuStart);
  }
  const line = [wall, cpu].map((times) => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN).toFixed(2);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    return `mean ${mean.toFixed(2)} p50 ${at(0.5)} p95 ${at(0.95)} max ${at(1)}`;
  });
  process.stdout.write(`${what.padEnd(44)} ${count}: clock ${line[0]}; CPU ${line[1]} ms\n`);
}

async function measureSaves(): Promise<void> {
  const known = fleet.packages(contents + 1);
  await save(0, known, ' first');
  await measure('save an image of known sets', samples, (i) => save(i, known, ` known ${i}`));
  const fresh = Array.from({ length: samples }, (_, i) =>
    fleet.packages(contents + (2 + i) * imagesPerExtension),
  );
  await measure('save an image with a new set', samples, (i) => save(i, fresh[i] ?? [], ` fresh ${i}`));
}

async function* records(isChanged: boolean) {
  const choose = random(23);
  for (let i = 0; i < advisories; i++) {
    const number = Math.floor(catalogue * choose() ** 2);
    const step =
      2 + Math.floor(6 * choose()) + (isChanged && i % (advisories / changedAdvisories) === 0 ? 1 : 0);
    const name = `package-${number}`;
    const to = `${1 + (number % 9)}.${number % 17}.${step}-1+deb12u1`;
    yield advisoryOf(i, name, to);
  }
}

async function apply(isChanged: boolean): Promise<void> {
  const update = {
    source: 'debian',
    feed: 'made',
    sourceVersion: 1,
    origin: 'here',
    fetchedAt: '2026-01-01T00:00:00Z',
  };
  await store.advisories.apply(
    { kind: 'whole', ...update, fingerprint: String(isChanged) },
    records(isChanged),
  );
}

async function measureAffected(): Promise<void> {
  const numbers: number[][] = [];
  for (let i = 0; i < samples; i++)
    numbers.push([
      ...(await store.vulnerabilities.findNumbersById(`CVE-2026-${i * (advisories / samples)}`)),
    ]);
  let found = 0;
  await measure(`first page of ${pageSize} affected images`, samples, async (i) => {
    found += (await store.images.pageAffected(numbers[i] ?? [], { limit: pageSize })).images.length;
  });
  process.stdout.write(`  ${(found / samples).toFixed(0)} images on a page\n`);
}

async function measureMatches(): Promise<void> {
  const layer = digestOf('large');
  const large = Array.from({ length: 3_000 }, (_, number) => fleet.package(number, layer));
  const [usual, many] = [await save(1, fleet.packages(1), ' usual'), await save(2, large, ' large')];
  await measure('match an image', samples, () => store.images.findMatches(usual));
  await measure('match an image of 3,000 packages', 100, () => store.images.findMatches(many));
}

async function measureCounts(which: string): Promise<void> {
  const [start, cpu] = [performance.now(), database.cpuMs()];
  const extensions = { schemes: [], sources: [] };
  await countFindings({ store, extensions, signal: new AbortController().signal });
  const totals = await store.findingCounts.findTotals();
  const found = (totals?.findings ?? []).reduce((sum, { findings }) => sum + findings, 0);
  const seconds = [performance.now() - start, database.cpuMs() - cpu].map((ms) => (ms / 1000).toFixed(1));
  process.stdout.write(
    `findings counted ${which}: ${found} in ${totals?.images} images, in ${seconds[0]} s, CPU ${seconds[1]} s\n`,
  );
}

async function measureChange(): Promise<void> {
  const [start, cpu] = [performance.now(), database.cpuMs()];
  const before = await store.events.findLastNumber();
  await apply(true);
  while ((await store.notifications.createFromEvents(200)) > 0);
  const events = await store.events.findAfter(before, 2 * changedAdvisories);
  let found = 0;
  for (const { new: number } of events) {
    if (number === null) continue;
    found += (await store.images.pageAffected([number], { limit: pageSize })).images.length;
  }
  const seconds = [performance.now() - start, database.cpuMs() - cpu].map((ms) => (ms / 1000).toFixed(1));
  process.stdout.write(
    `${events.length} changed advisories: their events, and the first pages (${found} images), in ${seconds[0]} s, CPU ${seconds[1]} s\n`,
  );
}
