/**
 * What one range join over version keys saves. 1,000,000 affected ranges in 8 namespaces; images of 400 packages are matched by
 * the join, and the way it is done without keys: every row of every installed name is fetched, and versions are compared as
 * text. Both must find the same pairs of package and record; what is told of each pair is the same work for both, and only in
 * the third figure. Run: node bench/match-join.ts [ranges]
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { openSqliteEngine } from '../src/store/sql/dialect/sqlite-engine.ts';
import type { Engine } from '../src/store/sql/engine.ts';
import { rangeJoin } from '../src/store/sql/matches.ts';
import { openSqliteStore } from '../src/store/sql/sqlite-store.ts';
import type {
  ImageIndex,
  ImagePackage,
  KeyedAffected,
  KeyedVulnerability,
  Store,
} from '../src/store/store.ts';
import { keyOf } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { random } from './random.ts';

const ranges = Number(process.argv[2] ?? 1_000_000);
const namespaces = Array.from({ length: 8 }, (_, i) => ({ name: `debian:${6 + i}`, versionScheme: 'dpkg' }));
const names = 8_000;
const images = 40;
const packagesPerImage = 400;
const next = random(7);

/** A name by its rank; the first has ten times the rows of the hundredth, and that seven times those of the thousandth. */
function popularName(): string {
  const rank = 10.5 * ((names + 10.5) / 10.5) ** next() - 10.5;
  return `package-${Math.floor(rank)}`;
}

/** Half of what is installed has many advisories, half may be anything. */
function installedName(): string {
  return next() < 0.25 ? popularName() : `package-${Math.floor(next() * names)}`;
}

/** One of 4,000 versions that follow each other: 0 is the first, 1 the newest. */
function version(place: number): string {
  const step = Math.floor(place * 4_000);
  return `${1 + Math.floor(step / 400)}.${Math.floor((step % 400) / 20)}.${step % 20}-${Math.floor(next() * 9)}+deb12u${Math.floor(next() * 9)}`;
}

/** One package after the other, as the feeds of Debian and Alpine have them. */
async function* records(): AsyncGenerator<KeyedVulnerability> {
  const named = Array.from({ length: ranges / namespaces.length }, popularName).sort();
  for (const [i, name] of named.entries()) {
    yield {
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

/** One row in ten has no fix, three have a version that brought the flaw, the rest goes back to the beginning. */
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
    const keys = { lo: keyOf(dpkg, from), hi: keyOf(dpkg, to) };
    return { namespace, package: name, range: { from, to }, fix, keys };
  }
  return {
    namespace,
    package: name,
    range: { to },
    fix,
    keys: { lo: new Uint8Array(), hi: keyOf(dpkg, to) },
  };
}

/** What is installed is of the newest `part` of all versions. */
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
      lookup: { namespace, name, version: installed, key: keyOf(dpkg, installed) },
    };
  });
  return { identity: `image ${i} ${part}`, layers: [], distro: null, packages };
}

/** What the join gives, in short: the installed package and the record that hits it. */
type Hit = string;

/** Without keys: every row of a name comes into the program, and the versions are compared there. */
function fetchAndCompare(byName: StatementSync, { packages }: ImageIndex): { hits: Hit[]; rows: number } {
  const hits: Hit[] = [];
  let rows = 0;
  for (const [position, { lookup }] of packages.entries()) {
    if (lookup === null) continue;
    const found = byName.all(lookup.namespace.name, lookup.name) as unknown as NamedRow[];
    rows += found.length;
    for (const { id, range_from: from, range_to: to } of found) {
      if (from !== null && (dpkg.compare(lookup.version, from) ?? 0) < 0) continue;
      if (to !== null && (dpkg.compare(lookup.version, to) ?? 0) >= 0) continue;
      hits.push(`${position} ${id}`);
    }
  }
  return { hits, rows };
}

interface NamedRow {
  readonly id: number;
  readonly range_from: string | null;
  readonly range_to: string | null;
}

const byNameSql = `
  select affected.vulnerability_id as id, range_from, range_to
  from namespace
  join affected on affected.namespace_id = namespace.id
  where namespace.name = ? and affected.package = ? and affected.fix_state <> 'not-affected'`;

/** Times of one way to match, in milliseconds. */
class Times {
  readonly wall: number[] = [];
  readonly cpu: number[] = [];

  async measure<T>(work: () => T | Promise<T>): Promise<T> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    this.wall.push(performance.now() - start);
    const { user, system } = process.cpuUsage(cpu);
    this.cpu.push((user + system) / 1000);
    return result;
  }

  line(what: string): string {
    const [wall50, wall95, cpu50] = [
      quantile(this.wall, 0.5),
      quantile(this.wall, 0.95),
      quantile(this.cpu, 0.5),
    ];
    return `${what.padEnd(34)} wall p50 ${wall50.toFixed(1).padStart(6)}  p95 ${wall95.toFixed(1).padStart(6)}  CPU p50 ${cpu50.toFixed(1).padStart(6)} ms\n`;
  }
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

interface Ways {
  readonly store: Store;
  readonly engine: Engine;
  readonly byName: StatementSync;
}

/** Matches one image in every way; answers the number of matches and of rows that had to be fetched for them without keys. */
async function matchOnce(
  { store, engine, byName }: Ways,
  wanted: ImageIndex,
  [whole, joined, fetched]: readonly [Times, Times, Times],
): Promise<{ matched: number; candidates: number }> {
  const id = await store.images.save(wanted);
  const hits = await joined.measure(() =>
    rangeJoin(engine.db, id).select(['image_package.position', 'affected.vulnerability_id as id']).execute(),
  );
  const { hits: expected, rows } = await fetched.measure(() => fetchAndCompare(byName, wanted));
  const matches = await whole.measure(() => store.images.matches(id));
  assert.deepEqual(hits.map((hit) => `${hit.position} ${hit.id}`).sort(), expected.sort());
  assert.equal(matches.length, hits.length);
  return { matched: hits.length, candidates: rows };
}

async function compare(path: string, store: Store, part: number): Promise<void> {
  await using engine = await openSqliteEngine(path);
  using plain = new DatabaseSync(path);
  plain.exec('pragma cache_size = -65536; pragma mmap_size = 1073741824');
  const ways = { store, engine, byName: plain.prepare(byNameSql) };
  const wanted = Array.from({ length: images }, (_, i) => image(i, part));
  // Once to warm up, so that no way profits from what another has read.
  for (const item of wanted) await matchOnce(ways, item, [new Times(), new Times(), new Times()]);
  const [whole, joined, fetched] = [new Times(), new Times(), new Times()];
  let [matched, candidates] = [0, 0];
  for (const item of wanted) {
    const counts = await matchOnce(ways, item, [whole, joined, fetched]);
    matched += counts.matched / images;
    candidates += counts.candidates / images;
  }
  process.stdout.write(
    `${candidates.toFixed(0)} rows of the installed names and ${matched.toFixed(0)} matches an image\n`,
  );
  process.stdout.write(joined.line('one range join'));
  process.stdout.write(fetched.line('fetch by name, compare in code'));
  process.stdout.write(whole.line('store: join, sort and make matches'));
  const ratio = quantile(fetched.cpu, 0.5) / quantile(joined.cpu, 0.5);
  process.stdout.write(`CPU ratio ${ratio.toFixed(1)}\n`);
}

const directory = mkdtempSync(join(tmpdir(), 'match-join-'));
try {
  const path = join(directory, 'bench.db');
  await using store = await openSqliteStore(path);
  const update = {
    source: 'debian',
    feed: 'made',
    sourceVersion: 1,
    origin: 'here',
    fingerprint: '',
    fetchedAt: '2026-01-01T00:00:00Z',
  };
  const start = performance.now();
  await store.advisories.apply(update, records());
  process.stdout.write(
    `${ranges} ranges made and loaded in ${((performance.now() - start) / 1000).toFixed(1)} s\n`,
  );
  process.stdout.write('\nimages that were not updated for long\n');
  await compare(path, store, 0.1);
  process.stdout.write('\nimages of this week\n');
  await compare(path, store, 0.01);
} finally {
  rmSync(directory, { recursive: true });
}
