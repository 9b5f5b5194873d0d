/**
 * Measures a large feed from its bytes to a searchable database: 100,000 generated records with 511,000 affected rows in the format of
 * Debian's tracker. The Debian source reads them, makes keys, and applies them to an empty database. Then unchanged, which must write no
 * row and parse no record, then with one record in a hundred changed. Run: node bench/feed-load.ts [--engine sqlite|postgres] [records]
 */
import assert from 'node:assert/strict';
import { keyedDocuments } from '../src/service/feeds/keyed-records.ts';
import { trackerIssues } from '../src/source/debian/tracker.ts';
import type { FeedUpdate, KeyedDocument } from '../src/store/advisory-store.ts';
import type { Store } from '../src/store/store.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';
import { random } from './random.ts';
import { type Target, targetTable } from './target.ts';

const { engine, rest } = engineArgument();
const records = Number(rest[0] ?? 100_000);
const packages = 4_567;
const releases = ['buster', 'bullseye', 'bookworm', 'trixie', 'sid'];

/** Returns the feed. Records whose number is divisible by `changedEvery` have another fixed version than in the first feed. */
function trackerBytes(changedEvery = Number.POSITIVE_INFINITY): Buffer {
  const next = random(1);
  const tracker: Record<string, Record<string, unknown>> = {};
  for (let i = 0; i < records; i++) {
    const name = `package-${Math.floor(packages * next() ** 2)}`;
    // Every ninth record covers one more release.
    const touched = i % 9 === 0 ? [...releases, 'forky'] : releases;
    const revision = i % changedEvery === 0 ? 2 : 1;
    const issue = {
      description: `A flaw was found in ${name}: the length of a field is not checked before it is copied, and a remote attacker who sends a crafted message may crash the service or run code of his own.`,
      releases: Object.fromEntries(
        touched.map((release) => {
          const version = `${Math.floor(next() * 9)}.${Math.floor(next() * 30)}.${Math.floor(next() * 20)}-${revision}+deb11u${Math.floor(next() * 9)}`;
          return [
            release,
            {
              status: 'resolved',
              repositories: { [release]: version },
              fixed_version: version,
              urgency: 'medium',
            },
          ];
        }),
      ),
    };
    tracker[name] ??= {};
    tracker[name][`CVE-${2000 + (i % 26)}-${i}`] = issue;
  }
  return Buffer.from(JSON.stringify(tracker));
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

function documentsOf(bytes: Buffer): AsyncIterable<KeyedDocument> {
  const issues = trackerIssues('tracker', { url: 'made', body: chunks(bytes), fingerprint: '' });
  return keyedDocuments(issues, { schemes: [dpkg], from: 'made' });
}

/** Returns wall-clock and CPU milliseconds. */
async function measured(
  what: string,
  work: () => Promise<string>,
): Promise<{ readonly wall: number; readonly cpu: number }> {
  const cpu = database.cpuMs();
  const start = performance.now();
  const summary = await work();
  const wall = performance.now() - start;
  const used = database.cpuMs() - cpu;
  process.stdout.write(`| ${what} | ${wall.toFixed(0)} | ${used.toFixed(0)} | ${summary} |\n`);
  return { wall, cpu: used };
}

const update: FeedUpdate = {
  kind: 'whole',
  source: 'debian',
  feed: 'tracker',
  sourceVersion: 1,
  origin: 'upstream',
  fingerprint: '1',
  fetchedAt: '2026-01-01T00:00:00Z',
  program: 'bench',
};

async function load(what: string, store: Store, bytes: Buffer): ReturnType<typeof measured> {
  return await measured(what, async () => {
    const { added, changed, removed, unchanged } = await store.advisories.apply(update, documentsOf(bytes));
    return `${added} new, ${changed} changed, ${removed} removed, ${unchanged} unchanged`;
  });
}

/** Number of records with the 293,000 ranges of the target. */
const recordsOfTarget = 57_345;

const plain = trackerBytes();
await using database = await openBenchStore(engine);
process.stdout.write(
  `| ${(plain.length / 1e6).toFixed(0)} MB, ${records} records | wall ms | CPU ms | |\n|---|---:|---:|---|\n`,
);
await measured('parsed and keyed, no store', async () => {
  let rows = 0;
  for await (const document of documentsOf(plain))
    for (const record of document.read()) if (record.kind === 'vulnerability') rows += record.affected.length;
  return `${rows} ranges`;
});
const first = await load('the same, into an empty database', database.store, plain);
const before = await database.store.statistics();
const unchanged = await load('once more, unchanged', database.store, plain);
assert.deepEqual((await database.store.statistics()).rows, before.rows);
const changed = await load('once more, 1 % changed', database.store, trackerBytes(100));
process.stdout.write(`\nThe database then has ${((await database.sizeBytes()) / 1e6).toFixed(0)} MB.\n`);
const again = { limit: 0.2, unit: '×' };
const targets: Target[] = [
  { name: 'S7', what: 'unchanged, CPU, of the first load', ...again, measured: unchanged.cpu / first.cpu },
  { name: 'S7', what: '1 % changed, CPU, of the first load', ...again, measured: changed.cpu / first.cpu },
];
const whole = { name: 'T10' as const, what: 'feed of 293,000 ranges into SQLite with its indexes' };
if (engine === 'sqlite' && records === recordsOfTarget)
  targets.push({ ...whole, limit: 1.5, unit: 's', measured: first.wall / 1000 });
process.stdout.write(`\n${targetTable(targets)}`);
