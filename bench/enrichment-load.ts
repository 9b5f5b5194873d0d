/**
 * Measures the import of a day's EPSS: 300,000 scores, nearly all of which change every day. First into an empty database, then all
 * changed, then unchanged. Also measures the lookup of the IDs of a report. Run: node bench/enrichment-load.ts [--engine sqlite|postgres]
 * [scores]
 */
import type { RatingRecord } from '../src/plugin/enricher.ts';
import type { FeedUpdate } from '../src/store/advisory-store.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';

const { engine, rest } = engineArgument();
const scores = Number(rest[0] ?? 300_000);

/** IDs as they are assigned: nearly all numbers of a year. */
function idOf(i: number): string {
  return `CVE-${2000 + Math.floor(i / 12_000)}-${1000 + (i % 12_000)}`;
}

async function* edition(day: number): AsyncGenerator<RatingRecord> {
  for (let i = 0; i < scores; i++) {
    const score = ((i * 7919 + day * 104_729) % 100_000) / 100_000;
    yield { kind: 'enrichment', id: idOf(i), epss: { score, percentile: Math.round(score * 1e5) / 1e5 } };
  }
}

await using database = await openBenchStore(engine);

async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  const cpu = database.cpuMs();
  const start = performance.now();
  const result = await work();
  const wall = performance.now() - start;
  process.stdout.write(
    `${what.padEnd(44)} ${wall.toFixed(1).padStart(8)} ms wall ${(database.cpuMs() - cpu).toFixed(1).padStart(8)} ms CPU\n`,
  );
  return result;
}

async function load(what: string, day: number): Promise<void> {
  const update: FeedUpdate = {
    kind: 'whole',
    source: 'epss',
    feed: 'scores',
    sourceVersion: 1,
    origin: 'upstream',
    fingerprint: String(day),
    fetchedAt: '2026-01-01T00:00:00Z',
  };
  const difference = await measured(what, () => database.store.enrichments.apply(update, edition(day)));
  process.stdout.write(`        ${JSON.stringify(difference)}\n`);
}

await load(`${scores} scores into an empty database`, 1);
await load('the next day: all of them changed', 2);
await load('the same once more', 2);
const ids = Array.from({ length: 500 }, (_, i) => idOf(i * 577));
await database.store.enrichments.findByIds(ids);
await measured('lookup of 500 IDs', () => database.store.enrichments.findByIds(ids));
process.stdout.write(`database ${((await database.sizeBytes()) / 1e6).toFixed(0)} MB\n`);
