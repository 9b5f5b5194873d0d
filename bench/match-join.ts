/**
 * Measures what a single range join over version keys saves, with 1,000,000 affected ranges in 8 namespaces. Matches images of 400 packages
 * by the join, and without keys: fetches every row of every installed name and compares versions as text. Both must find the same pairs of
 * package and record. Rendering a pair takes the same work in both, and only the third figure includes it. CPU includes this process and
 * the database server. Run: node bench/match-join.ts [--engine sqlite|postgres] [ranges]
 */
import assert from 'node:assert/strict';
import type { FeedUpdate, KeyedAffected, KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { ImageIndex, ImagePackage } from '../src/store/image-store.ts';
import type { Engine } from '../src/store/sql/engine.ts';
import { rangeJoin } from '../src/store/sql/matches.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { type BenchStore, engineArgument, openBenchStore } from './bench-store.ts';
import { type FetchByName, fetchFromFile, fetchFromServer } from './fetch-by-name.ts';
import { random } from './random.ts';

const { engine: engineName, rest } = engineArgument();
const ranges = Number(rest[0] ?? 1_000_000);
const namespaces = Array.from({ length: 8 }, (_, i) => ({ name: `debian:${6 + i}`, versionScheme: 'dpkg' }));
const names = 8_000;
const images = 40;
/** Number of times that each image is matched. */
const rounds = 3;
const packagesPerImage = 400;
const next = random(7);

/** Returns a name by its rank. The first has ten times the rows of the hundredth, which has seven times those of the thousandth. */
function popularName(): string {
  const rank = 10.5 * ((names + 10.5) / 10.5) ** next() - 10.5;
  return `package-${Math.floor(rank)}`;
}

/** Half of the installed packages have many advisories, the other half are random. */
function installedName(): string {
  return next() < 0.25 ? popularName() : `package-${Math.floor(next() * names)}`;
}

/** Returns one of 4,000 consecutive versions: 0 is the first, 1 the newest. */
function version(place: number): string {
  const step = Math.floor(place * 4_000);
  return `${1 + Math.floor(step / 400)}.${Math.floor((step % 400) / 20)}.${step % 20}-${Math.floor(next() * 9)}+deb12u${Math.floor(next() * 9)}`;
}

/** Yields one package after the other, as the feeds of Debian and Alpine do. */
async function* records(): AsyncGenerator<KeyedVulnerabilityRecord> {
  const named = Array.from({ length: ranges / namespaces.length }, popularName).sort();
  for (const [i, name] of named.entries()) {
    yield {
      kind: 'vulnerability',
      key: `${name}/CVE-2024-${i}`,
      id: `CVE-2024-${i}`,
      aliases: [],
      description: `A flaw in ${name} lets an attacker who sends a crafted message crash the service.`,
      links: [`https://security-tracker.debian.org/tracker/CVE-2024-${i}`],
      severity: 'Medium',
      cvss: [],
      affected: namespaces.map((namespace) => affected(namespace, name)),
    };
  }
}

/** One row in ten has no fix, three have a version that introduced the flaw, and the others start at the first version. */
function affected(namespace: KeyedAffected['namespace'], name: string): KeyedAffected {
  const kind = next();
  if (kind < 0.05) {
    const keys = { lo: new Uint8Array(), hi: Uint8Array.of(0xff) };
    return { namespace, package: name, range: {}, fix: { state: 'unfixed' }, keys };
  }
  const place = next();
  const to = version(place);
  const fix = { state: 'fixed', version: to } as const;
  if (kind < 0.35) {
    const from = version(place * next());
    const keys = { lo: requireKey(dpkg, from), hi: requireKey(dpkg, to) };
    return { namespace, package: name, range: { from, to }, fix, keys };
  }
  return {
    namespace,
    package: name,
    range: { to },
    fix,
    keys: { lo: new Uint8Array(), hi: requireKey(dpkg, to) },
  };
}

/** Returns an image whose packages have versions of the newest `part` of all versions. */
function image(i: number, part: number): ImageIndex {
  const namespace = namespaces[i % namespaces.length] as KeyedAffected['namespace'];
  const chosen = new Set<string>();
  while (chosen.size < packagesPerImage) chosen.add(installedName());
  const packages = [...chosen].map((name): ImagePackage => {
    const installed = version(1 - part * next());
    return {
      type: 'deb',
      name,
      version: installed,
      purl: `pkg:deb/debian/${name}@${installed}`,
      location: { path: 'var/lib/dpkg/status', layer: null },
      foundBy: 'dpkg',
      lookup: { namespace, name, version: installed, key: requireKey(dpkg, installed) },
    };
  });
  return { identity: `image ${i} ${part}`, layers: [], distro: null, packages };
}

/** A result of the join: the installed package and the record that affects it. */
type Hit = string;

/** Matches without keys: fetches every row of a name and compares the versions in the program. */
async function fetchAndCompare(
  byName: FetchByName,
  { packages }: ImageIndex,
): Promise<{ hits: Hit[]; rows: number }> {
  const wanted = new Map(packages.flatMap(({ lookup }, i) => (lookup ? [[lookup.name, { i, lookup }]] : [])));
  const [first] = wanted.values();
  const rows = await byName.fetch(first?.lookup.namespace.name ?? '', [...wanted.keys()]);
  const hits: Hit[] = [];
  for (const { id, package: name, range_from: from, range_to: to } of rows) {
    const { i, lookup } = wanted.get(name) ?? assert.fail();
    if (from !== null && (dpkg.compare(lookup.version, from) ?? 0) < 0) continue;
    if (to !== null && (dpkg.compare(lookup.version, to) ?? 0) >= 0) continue;
    hits.push(`${i} ${id}`);
  }
  return { hits, rows: rows.length };
}

/** Times of one matching method in milliseconds. */
class Times {
  readonly #cpuMs: () => number;
  readonly wall: number[] = [];
  readonly cpu: number[] = [];

  constructor(cpuMs: () => number) {
    this.#cpuMs = cpuMs;
  }

  async measure<T>(work: () => T | Promise<T>): Promise<T> {
    const cpu = this.#cpuMs();
    const start = performance.now();
    const result = await work();
    this.wall.push(performance.now() - start);
    this.cpu.push(this.#cpuMs() - cpu);
    return result;
  }

  line(what: string): string {
    const [wall, cpu] = [this.wall, this.cpu].map((times) =>
      [0.5, 0.95].map((part) => quantile(times, part).toFixed(1).padStart(6)).join('  p95 '),
    );
    return `${what.padEnd(34)} wall p50 ${wall}  CPU p50 ${cpu} ms\n`;
  }
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

interface Ways {
  readonly database: BenchStore;
  readonly engine: Engine;
  /** Fetches with a query for each name, and with a query for all names. */
  readonly byName: FetchByName;
  readonly byNames: FetchByName;
}

/** Times of each method. */
type Taken = Readonly<Record<'joined' | 'each' | 'atOnce' | 'whole', Times>>;

/** Matches one image with every method. Returns the number of matches, and of rows that had to be fetched without keys. */
async function matchOnce(
  { database: { store }, engine, byName, byNames }: Ways,
  wanted: ImageIndex,
  taken: Taken,
): Promise<{ matched: number; candidates: number }> {
  const id = await store.images.save(wanted);
  const hits = await taken.joined.measure(() =>
    rangeJoin(engine.db, id).select(['set_package.position', 'affected.vulnerability_id as id']).execute(),
  );
  const { hits: expected, rows } = await taken.each.measure(() => fetchAndCompare(byName, wanted));
  await taken.atOnce.measure(() => fetchAndCompare(byNames, wanted));
  const matches = await taken.whole.measure(() => store.images.findMatches(id));
  assert.deepEqual(hits.map((hit) => `${hit.position} ${hit.id}`).sort(), expected.sort());
  assert.equal(matches.length, hits.length);
  return { matched: hits.length, candidates: rows };
}

async function compare(database: BenchStore, part: number): Promise<void> {
  await using engine = await database.openEngine();
  const { place } = database;
  const fetchBy = (names: number): FetchByName | Promise<FetchByName> =>
    engineName === 'sqlite' ? fetchFromFile(place) : fetchFromServer(place, names);
  await using byName = await fetchBy(1);
  await using byNames = await fetchBy(packagesPerImage);
  const ways = { database, engine, byName, byNames };
  const times = (): Times => new Times(() => database.cpuMs());
  const takenNow = (): Taken => ({ joined: times(), each: times(), atOnce: times(), whole: times() });
  const wanted = Array.from({ length: images }, (_, i) => image(i, part));
  // Warms up, so that no method profits from data that another one has read.
  for (const item of wanted) await matchOnce(ways, item, takenNow());
  const taken = takenNow();
  let [matched, candidates] = [0, 0];
  for (const item of Array.from({ length: rounds }, () => wanted).flat()) {
    const counts = await matchOnce(ways, item, taken);
    matched += counts.matched / images / rounds;
    candidates += counts.candidates / images / rounds;
  }
  process.stdout.write(
    `${candidates.toFixed(0)} rows of the installed names and ${matched.toFixed(0)} matches per image\n`,
  );
  process.stdout.write(taken.joined.line('one range join'));
  process.stdout.write(taken.each.line('fetch each name, compare in code'));
  // SQLite has no round trips that this could save.
  if (engineName !== 'sqlite') process.stdout.write(taken.atOnce.line('fetch all names at once, compare'));
  process.stdout.write(taken.whole.line('store: join, sort and make matches'));
  const ratio = quantile(taken.each.cpu, 0.5) / quantile(taken.joined.cpu, 0.5);
  process.stdout.write(`CPU ratio ${ratio.toFixed(1)}\n`);
}

await using database = await openBenchStore(engineName);
const update: FeedUpdate = {
  kind: 'whole',
  source: 'debian',
  feed: 'made',
  sourceVersion: 1,
  origin: 'here',
  fingerprint: '',
  fetchedAt: '2026-01-01T00:00:00Z',
};
const start = performance.now();
await database.store.advisories.apply(update, records());
process.stdout.write(
  `${ranges} ranges made and loaded in ${((performance.now() - start) / 1000).toFixed(1)} s\n`,
);
await database.settle();
process.stdout.write('\nimages without recent updates\n');
await compare(database, 0.1);
process.stdout.write('\nimages of this week\n');
await compare(database, 0.01);
