/**
 * Measures what a year of change costs a fleet: 10,000 images, of which one in fifty gets another content each day, 20 of 10,000 advisories
 * that change each day, and the default retention each night. Prints the size, and the size of the same rows in a database that was just
 * written. Run: node bench/fleet-days.ts [--engine sqlite|postgres] [--days 365] [images]
 */
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { defaultRetention } from '../src/service/feeds/retention.ts';
import type { FeedUpdate, KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { Engine } from '../src/store/sql/engine.ts';
import { openBenchStore } from './bench-store.ts';
import { advisoryOf, catalogue, FleetContents, imageOf, layersOf } from './fleet-contents.ts';
import { random } from './random.ts';

const advisories = 10_000;
const advisoriesPerDay = 20;
const churn = 0.02;
const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const bloatMax = 1.3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', default: 'sqlite' }, days: { type: 'string', default: '365' } },
});
const images = Number(positionals[0] ?? 10_000);
const days = Number(values.days);
const clock = { day: 0 };
const next = random(17);
const fleet = new FleetContents({ hasLanguages: false });
const editions = new Uint16Array(advisories);

await using database = await openBenchStore(values.engine, {
  now: () => start + clock.day * dayMs,
  isHurried: true,
});
const { store } = database;

let contents = 0;
for (let name = 0; name < images; name++) await push(name);
await store.advisories.apply(update('whole'), records(Array.from(editions.keys())));
await printSize('at first');
for (clock.day = 1; clock.day <= days; clock.day++) {
  await liveADay();
  if (clock.day % 91 === 0) await printSize(`after ${clock.day} days`);
}
await printBloat();

/** Gives a name another content, as a push to a registry does. */
async function push(name: number): Promise<void> {
  const content = contents++;
  const image = await store.images.save(imageOf(content, fleet.packages(content)));
  const hashes = layersOf(content);
  await store.ancestries.save({ name: `registry.example.org/${name}`, hashes, image, engineVersion: 1 });
}

async function liveADay(): Promise<void> {
  for (let i = 0; i < images * churn; i++) await push(Math.floor(images * next()));
  const changed = Array.from({ length: advisoriesPerDay }, () => Math.floor(advisories * next()));
  for (const i of changed) editions[i] = (editions[i] ?? 0) + 1;
  await store.advisories.apply(update('changes'), records([...new Set(changed)]));
  while ((await store.notifications.createFromEvents(200)) > 0);
  await store.collectGarbage(defaultRetention);
  await store.rebuildIndexes();
}

function update(kind: 'whole' | 'changes'): FeedUpdate {
  const fetchedAt = new Date(start + clock.day * dayMs).toISOString();
  const fingerprint = String(clock.day);
  return { kind, source: 'debian', feed: 'made', sourceVersion: 1, origin: 'here', fingerprint, fetchedAt };
}

async function* records(numbers: readonly number[]): AsyncGenerator<KeyedVulnerabilityRecord> {
  for (const i of numbers) {
    const number = Math.floor((catalogue * (i / advisories)) ** 2 / catalogue);
    const name = `package-${number}`;
    const to = `${1 + (number % 9)}.${number % 17}.${(i % 7) + (editions[i] ?? 0)}-1+deb12u1`;
    yield advisoryOf(i, name, to);
  }
}

async function printSize(when: string): Promise<number> {
  const bytes = await database.sizeBytes();
  const { rows } = await store.statistics();
  const counts = ['image', 'package_set', 'set_package', 'package', 'event', 'notification'].map(
    (table) => `${table} ${rows[table] ?? 0}`,
  );
  process.stdout.write(
    `${when.padEnd(16)} ${(bytes / 1e6).toFixed(1).padStart(7)} MB; ${counts.join(', ')}\n`,
  );
  return bytes;
}

/** Compares the size with that of the same rows, written at once. */
async function printBloat(): Promise<void> {
  const used = await printSize('at the end');
  const fresh = await rewrittenBytes();
  const bloat = used / fresh;
  process.stdout.write(
    `the same rows, written at once: ${(fresh / 1e6).toFixed(1)} MB; bloat ${bloat.toFixed(2)}, target ${bloatMax}: ${bloat <= bloatMax ? 'met' : 'missed'}\n`,
  );
}

async function rewrittenBytes(): Promise<number> {
  await using engine = await database.openEngine();
  if (values.engine === 'sqlite') {
    const copy = `${database.place}.copy`;
    await sql`vacuum into ${copy}`.execute(engine.db);
    return statSync(copy).size;
  }
  const before = await relationSizes(engine);
  await sql`vacuum full`.execute(engine.db);
  printRelations(before, await relationSizes(engine));
  return await database.sizeBytes();
}

/** Returns the bytes of each table and index of PostgreSQL. */
async function relationSizes(engine: Engine): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ name: string; bytes: number }>`
    select relname as name, pg_relation_size(oid) as bytes from pg_class
    where relkind in ('r', 'i') and relnamespace = current_schema()::regnamespace`.execute(engine.db);
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

/** Prints the tables and indexes that grew the most. */
function printRelations(used: ReadonlyMap<string, number>, fresh: ReadonlyMap<string, number>): void {
  const grown = [...used].map(([name, bytes]) => ({ name, bytes, least: fresh.get(name) ?? 0 }));
  const most = grown.toSorted((a, b) => b.bytes - b.least - (a.bytes - a.least)).slice(0, 12);
  for (const { name, bytes, least } of most)
    process.stdout.write(
      `  ${name.padEnd(32)} ${(bytes / 1e6).toFixed(1)} MB, written at once ${(least / 1e6).toFixed(1)} MB\n`,
    );
}
