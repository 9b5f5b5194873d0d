/**
 * Measures a large feed from its bytes to a searchable database: 100,000 generated records with 511,000 affected rows in the format of
 * Debian's tracker. The Debian source reads them, makes keys, and applies them to an empty database. Then unchanged, which must write no
 * row, then with one record in a hundred changed. Run: node bench/feed-load.ts [--engine sqlite|postgres] [records]
 */
import assert from 'node:assert/strict';
import { keyRange } from '../src/match/key-range.ts';
import type { FeedRecord } from '../src/plugin/advisory-source.ts';
import { debian } from '../src/source/debian/debian.ts';
import type { FeedUpdate, KeyedRecord } from '../src/store/advisory-store.ts';
import type { Store } from '../src/store/store.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';
import { random } from './random.ts';
import { targetTable } from './target.ts';

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

async function* keyed(records: AsyncIterable<FeedRecord>): AsyncGenerator<KeyedRecord> {
  for await (const record of records) {
    if (record.kind !== 'vulnerability') {
      yield record;
      continue;
    }
    const affected = record.affected.map((row) => {
      const keys = keyRange(dpkg, row.range);
      return 'lo' in keys ? { ...row, keys } : row;
    });
    yield { ...record, affected };
  }
}

function parsed(bytes: Buffer): AsyncIterable<KeyedRecord> {
  return keyed(debian.parse('tracker', { url: 'made', body: chunks(bytes), fingerprint: '' }));
}

/** Returns wall-clock milliseconds. */
async function measured(what: string, work: () => Promise<string>): Promise<number> {
  const cpu = database.cpuMs();
  const start = performance.now();
  const summary = await work();
  const wall = performance.now() - start;
  process.stdout.write(
    `| ${what} | ${wall.toFixed(0)} | ${(database.cpuMs() - cpu).toFixed(0)} | ${summary} |\n`,
  );
  return wall;
}

const update: FeedUpdate = {
  kind: 'whole',
  source: 'debian',
  feed: 'tracker',
  sourceVersion: 1,
  origin: 'upstream',
  fingerprint: '1',
  fetchedAt: '2026-01-01T00:00:00Z',
};

async function load(what: string, store: Store, bytes: Buffer): Promise<number> {
  return await measured(what, async () => {
    const { added, changed, removed, unchanged } = await store.advisories.apply(update, parsed(bytes));
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
  for await (const record of parsed(plain))
    if (record.kind === 'vulnerability') rows += record.affected.length;
  return `${rows} ranges`;
});
const loadedMs = await load('the same, into an empty database', database.store, plain);
const before = await database.store.statistics();
await load('once more, unchanged', database.store, plain);
assert.deepEqual((await database.store.statistics()).rows, before.rows);
await load('once more, 1 % changed', database.store, trackerBytes(100));
process.stdout.write(`\nThe database then has ${((await database.sizeBytes()) / 1e6).toFixed(0)} MB.\n`);
if (engine === 'sqlite' && records === recordsOfTarget) {
  const what = 'feed of 293,000 ranges into SQLite with its indexes';
  process.stdout.write(
    `\n${targetTable([{ name: 'T10', what, limit: 1.5, unit: 's', measured: loadedMs / 1000 }])}`,
  );
}
