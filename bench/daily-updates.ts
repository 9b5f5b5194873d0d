/**
 * Measures the size of a year of history: a feed of 20,000 records with five rows each, and 365 daily updates. An update changes one record
 * in two hundred, and one in ten of these is new. Prints the bytes after the first snapshot, after a year without expiry, and after a year
 * with the default retention. Run: node bench/daily-updates.ts [--engine sqlite|postgres] [records]
 */
import { defaultRetention } from '../src/service/feeds/retention.ts';
import type { FeedUpdate, KeyedAffected, KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { Store } from '../src/store/store.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';
import { random } from './random.ts';

const { engine, rest } = engineArgument();
const records = Number(rest[0] ?? 20_000);
const changesPerDay = Math.ceil(records / 200);
const days = 365;
const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const namespaces = Array.from({ length: 5 }, (_, i) => ({ name: `debian:${9 + i}`, versionScheme: 'dpkg' }));

/** Returns an edition of a record. Each has another fix, as in records that are being revised. */
function recordOf(i: number, edition: number): KeyedVulnerabilityRecord {
  const name = `package-${i % 1600}`;
  return {
    kind: 'vulnerability',
    key: `${name}/CVE-${2000 + (i % 26)}-${i}`,
    id: `CVE-${2000 + (i % 26)}-${i}`,
    aliases: [],
    description: `A flaw was found in ${name}: the length of a field is not checked before it is copied, and a remote attacker who sends a crafted message may crash the service or run code of his own.`,
    links: [`https://security-tracker.debian.org/tracker/CVE-${2000 + (i % 26)}-${i}`],
    severity: 'Medium',
    cvss: [],
    affected: namespaces.map((namespace, release): KeyedAffected => {
      const to = `${1 + (i % 9)}.${release}.${i % 20}-${1 + edition}+deb11u${i % 9}`;
      const keys = { lo: new Uint8Array(), hi: requireKey(dpkg, to) };
      return { namespace, package: name, range: { to }, fix: { state: 'fixed', version: to }, keys };
    }),
  };
}

const clock = { day: 0 };

function update(kind: 'whole' | 'changes'): FeedUpdate {
  return {
    kind,
    source: 'debian',
    feed: 'made',
    sourceVersion: 1,
    origin: 'here',
    fingerprint: String(clock.day),
    fetchedAt: new Date(start + clock.day * dayMs).toISOString(),
  };
}

async function* stream(all: Iterable<KeyedVulnerabilityRecord>): AsyncGenerator<KeyedVulnerabilityRecord> {
  yield* all;
}

/** Simulates a year from the same snapshot. `afterDay` runs every night. */
async function year(what: string, afterDay: (store: Store) => Promise<unknown>): Promise<void> {
  clock.day = 0;
  const next = random(5);
  await using database = await openBenchStore(engine, {
    now: () => start + clock.day * dayMs,
    isHurried: true,
  });
  const { store } = database;
  const editions = Array.from({ length: records }, () => 0);
  await store.advisories.apply(update('whole'), stream(editions.map((edition, i) => recordOf(i, edition))));
  const snapshot = (await store.statistics()).bytes;
  for (clock.day = 1; clock.day <= days; clock.day++) {
    const changed = new Set<number>();
    while (changed.size < changesPerDay) {
      const isNew = next() < 0.1;
      changed.add(isNew ? editions.push(-1) - 1 : Math.floor(next() * editions.length));
    }
    for (const i of changed) editions[i] = (editions[i] ?? 0) + 1;
    const edited = [...changed].map((i) => recordOf(i, editions[i] ?? 0));
    await store.advisories.apply(update('changes'), stream(edited));
    await afterDay(store);
  }
  // Imports the same feed once more as a whole, which must write no row.
  const { rows: before, bytes } = await store.statistics();
  await store.advisories.apply(update('whole'), stream(editions.map((edition, i) => recordOf(i, edition))));
  const { rows } = await store.statistics();
  const growth = ((bytes - snapshot) / snapshot).toFixed(2);
  process.stdout.write(
    `${what}: snapshot ${mb(snapshot)}, after ${days} days ${mb(bytes)}: the year costs ${growth} snapshots\n`,
  );
  const filled = Object.entries(rows).filter(([, count]) => count > 0);
  process.stdout.write(`        rows: ${filled.map(([table, count]) => `${table} ${count}`).join(', ')}\n`);
  if (JSON.stringify(before) !== JSON.stringify(rows)) throw new Error('an unchanged feed caused writes');
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

await year('without expiry', async () => undefined);
await year('default retention', (store) => store.collectGarbage(defaultRetention));
