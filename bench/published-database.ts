/**
 * Measures scans with a published database: the whole command in one process, over HTTP on this machine, with an empty cache and with a full
 * one. Also bytes and requests, the patch of a day, the time from an open file to its hits, and findings without a severity: with all ratings
 * of the corpus, and whether the corpus has a record of them. Prints the targets that were set before.
 *
 * Run: npm run bench -- database --images DIR --mirror DIR [--rounds N]. `make-images.sh` and
 * `make-mirror.sh` of the corpus create the images and the mirror.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { findDatabase } from '../src/advisory-db/layout.ts';
import { cachedShardPath } from '../src/advisory-db/shard-cache.ts';
import { shardFile } from '../src/cli/published-advisories.ts';
import { builtIn } from '../src/extensions.ts';
import type { Report } from '../src/model/report.ts';
import { pluralize } from '../src/report/report-text.ts';
import { readSbom } from '../src/sbom/read-sbom.ts';
import { indexSbom } from '../src/service/images/index-sbom.ts';
import { OpenShard } from '../src/store/shards/open-shard.ts';
import { openSqliteStore } from '../src/store/sql/sqlite-store.ts';
import { clair, node } from './command.ts';
import { corpusKnowledge, mirrorRatings, ratingHosts } from './corpus-ratings.ts';
import { type Cost, measure, table } from './measure.ts';

const { values } = parseArgs({
  options: {
    images: { type: 'string' },
    mirror: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    changed: { type: 'string', default: '5' },
  },
});
if (values.images === undefined || values.mirror === undefined) {
  console.error('bench database needs --images and --mirror');
  process.exit(2);
}
const images = resolve(values.images);
const mirror = resolve(values.mirror);
const work = mkdtempSync(join(tmpdir(), 'clair-bench-database-'));
const published = join(work, 'published');
const cacheHome = join(work, 'cache');
process.on('exit', () => {
  rmSync(work, { recursive: true, force: true });
});

/** Runs a command to its end and returns its output. Throws if it fails. */
function run(command: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: { ...process.env, XDG_CACHE_HOME: cacheHome },
  });
  if (status !== 0 && status !== 4) throw new Error(`${command} ended with ${String(status)}: ${stderr}`);
  return stdout;
}

const tracker = 'security-tracker.debian.org/tracker/data/json';
const sources = ['alpine', 'debian', 'kev', 'nvd', 'cve'];
const advisoryHosts = ['secdb.alpinelinux.org', 'www.cisa.gov'];

/** Returns a copy of the mirror that also has the ratings of the corpus. */
function mirrorWithRatings(): string {
  const copy = join(work, 'rated');
  mkdirSync(copy);
  mirrorRatings(copy);
  for (const host of [...advisoryHosts, 'security-tracker.debian.org'])
    symlinkSync(join(mirror, host), join(copy, host));
  return copy;
}

/** Returns a copy of the mirror, in which some records of Debian have another description. It is of the day before. */
function mirrorBefore(rated: string, changed: number): string {
  const copy = join(work, 'before');
  mkdirSync(join(copy, 'security-tracker.debian.org/tracker/data'), { recursive: true });
  for (const host of [...advisoryHosts, ...ratingHosts]) symlinkSync(join(rated, host), join(copy, host));
  type Records = Record<string, Record<string, { description?: string }>>;
  const packages = JSON.parse(readFileSync(join(mirror, tracker), 'utf8')) as Records;
  const records = Object.values(packages).flatMap((of) => Object.values(of));
  for (let i = 0; i < changed; i++) {
    const record = records[Math.floor(((i + 0.5) * records.length) / changed)];
    if (record !== undefined) record.description = `${record.description ?? ''} An earlier text.`;
  }
  writeFileSync(join(copy, tracker), JSON.stringify(packages));
  return copy;
}

/** Publishes the feeds of a mirror. Returns the digest of the version. */
function publish(from: string): string {
  const database = join(work, 'publisher.db');
  run(`${clair} db update ${sources.join(' ')} --mirror ${from} --db ${database} --accept-older`);
  return /^sha256:\w+$/m.exec(run(`${clair} db build ${published} --db ${database}`))?.[0] ?? '';
}

/** Starts the server of the published files in another process. Returns its URL. */
async function startServer(): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'layout-server.ts'), published], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill());
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return `http://127.0.0.1:${port}`;
}

/** The requests since the last call. */
interface Traffic {
  readonly requests: number;
  readonly bytes: number;
}

async function traffic(url: string): Promise<Traffic> {
  return (await (await fetch(`${url}/requests`, { headers: { connection: 'close' } })).json()) as Traffic;
}

interface Scanned {
  readonly name: string;
  readonly target: string;
  readonly namespace: string;
  readonly wallMsMost: number;
  readonly cpuMsMost: number;
  readonly megabytesMost: number;
}

const sbom = join(work, 'debian-multi.cdx.json');
const targets: readonly Scanned[] = [
  {
    name: 'Alpine 3.20.3',
    target: join(images, 'docker/alpine-3.20.3.tar'),
    namespace: 'alpine:v3.20',
    wallMsMost: 200,
    cpuMsMost: 240,
    megabytesMost: 0.8,
  },
  {
    name: 'bookworm',
    target: join(images, 'docker/debian-bookworm.tar'),
    namespace: 'debian:12',
    wallMsMost: 320,
    cpuMsMost: 380,
    megabytesMost: 4.5,
  },
  {
    name: '623 Debian packages',
    target: sbom,
    namespace: 'debian:12',
    wallMsMost: 350,
    cpuMsMost: 430,
    megabytesMost: 4.5,
  },
];

/** Returns an SBOM with the Debian packages of an image. No place publishes its packages of languages, so the vendors would be asked. */
function debianPackagesOf(image: string): string {
  type Component = { readonly type: string; readonly purl?: string };
  const document = JSON.parse(run(`${clair} sbom ${image} --format cyclonedx`)) as {
    components: Component[];
  };
  const components = document.components.filter(
    ({ type, purl = '' }) => type === 'operating-system' || purl.startsWith('pkg:deb/'),
  );
  return JSON.stringify({ ...document, components, dependencies: [] }, null, 2);
}

function scanOf(target: string, place: string): string {
  return `env XDG_CACHE_HOME=${cacheHome} ${clair} scan ${target} --no-lookups --format json --quiet --db :memory: --from ${place}`;
}

/** Removes the advisories. The compiled code of the command stays, as on a machine that has run it before. */
function emptyCache(): void {
  for (const folder of ['shards', 'catalogues'])
    rmSync(join(cacheHome, 'clair', folder), { recursive: true, force: true });
}

const rows: string[] = [];
const unrated: string[] = [];
const known = corpusKnowledge();

function note(what: string, measured: string, target: string, isMet: boolean): void {
  rows.push(`| ${what} | ${measured} | ${target} | ${isMet ? 'yes' : '**no**'} |`);
}

async function measureScans(url: string, digest: string): Promise<void> {
  const place = `${url}@${digest}`;
  for (const { name, target, ...most } of targets) {
    const command = scanOf(target, place);
    const costs = measure(
      [
        // Shows how fast the machine is.
        { name: 'node -e 0', command: `${node} -e 0` },
        { name: 'cold', command, before: emptyCache },
        { name: 'again', command },
      ],
      Number(values.rounds),
    );
    console.log(table(name, costs));
    emptyCache();
    await traffic(url);
    const report = JSON.parse(run(command)) as Report;
    const { requests, bytes } = await traffic(url);
    const cold = costs.get('cold') as Cost;
    note(
      `${name}, cold, wall`,
      `${cold.wallMs.toFixed(0)} ms`,
      `≤ ${most.wallMsMost} ms`,
      cold.wallMs <= most.wallMsMost,
    );
    note(
      `${name}, cold, CPU`,
      `${cold.cpuMs.toFixed(0)} ms`,
      `≤ ${most.cpuMsMost} ms`,
      cold.cpuMs <= most.cpuMsMost,
    );
    note(
      `${name}, fetched in ${requests} requests`,
      `${(bytes / 1e6).toFixed(2)} MB`,
      `≤ ${most.megabytesMost} MB`,
      bytes <= most.megabytesMost * 1e6,
    );
    noteSeverities(name, report);
  }
}

function noteSeverities(name: string, { matches }: Report): void {
  const unknown = matches.filter(({ vulnerability }) => vulnerability.severity === 'Unknown');
  const share = (unknown.length / Math.max(1, matches.length)) * 100;
  note(
    `${name}, ${matches.length} findings without a severity`,
    `${share.toFixed(1)} %`,
    '≤ 2 %',
    share <= 2,
  );
  noteUnknown(name, new Set(unknown.map(({ vulnerability }) => vulnerability.id)), matches.length);
}

/** Prints what the corpus knows of CVEs without a severity. */
function noteUnknown(name: string, unknown: ReadonlySet<string>, findings: number): void {
  const { listed, ratedByGitHub } = known;
  const count = (isKnown: (id: string) => boolean): number => [...unknown].filter(isKnown).length;
  unrated.push(
    `- ${name}: ${pluralize(unknown.size, 'CVE')} of ${pluralize(findings, 'finding')} without a severity. ` +
      `Of these, ${count((id) => !listed.has(id))} have no record in the corpus, ` +
      `${count((id) => listed.has(id))} a record without a rating, and ` +
      `${count((id) => ratedByGitHub.has(id))} a rating of GitHub for another package.`,
  );
}

/** Measures the answer of a place that has nothing new. Such a place is named by its signatures, and by no digest. */
async function measureUnchanged(url: string): Promise<void> {
  const { HttpPlace } = await import('../src/advisory-db/http-place.ts');
  const { digest } = findDatabase(published) ?? {};
  const place = new HttpPlace(new URL(`${url}/`), { insecureHosts: new Set() });
  const first = await place.readManifest({});
  if (first === 'unchanged' || digest === undefined) throw new Error('nothing is published');
  await traffic(url);
  await place.readManifest({ known: first });
  const { requests, bytes } = await traffic(url);
  note(
    `nothing new, ${requests} requests`,
    `${bytes} bytes of content`,
    '1 request, ≤ 1 kB',
    requests === 1 && bytes <= 1000,
  );
}

function notePatches(): void {
  const { catalogue } = findDatabase(published) ?? {};
  const patches = Object.values(catalogue?.shards['debian:12']?.patches ?? {});
  const kilobytes = (patches[0]?.size ?? Number.NaN) / 1000;
  note(
    `patch of debian:12, ${values.changed} records changed`,
    `${kilobytes.toFixed(1)} kB`,
    '≤ 15 kB',
    kilobytes <= 15,
  );
}

/** Measures the time from an open file to the hits of 623 packages, in this process. */
async function measureHits(): Promise<void> {
  await using store = await openSqliteStore(':memory:');
  const image = await indexSbom(readSbom(readFileSync(sbom), sbom), { extensions: builtIn, store });
  const { packages } = await store.images.findByNumber(image.id);
  const { catalogue } = findDatabase(published) ?? {};
  const shard = catalogue?.shards['debian:12'];
  if (shard === undefined || catalogue === undefined) throw new Error('debian:12 is not published');
  const path = cachedShardPath(join(cacheHome, 'clair'), shard);
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const opened = new OpenShard(shardFile('debian:12', { ...catalogue, trust: 'unsigned', shard, path }));
    const start = process.cpuUsage();
    await opened.findMatches(packages);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
    opened[Symbol.dispose]();
  }
  const median = times.sort((a, b) => a - b)[10] ?? Number.NaN;
  note(
    `open file to hits of ${packages.length} packages, CPU`,
    `${median.toFixed(1)} ms`,
    '≤ 6 ms',
    median <= 6,
  );
}

writeFileSync(sbom, debianPackagesOf(join(images, 'docker/debian-multi.tar')));
const rated = mirrorWithRatings();
publish(mirrorBefore(rated, Number(values.changed)));
const digest = publish(rated);
const url = await startServer();
await measureScans(url, digest);
await measureUnchanged(url);
notePatches();
await measureHits();
console.log(['| | here | target | met |', '|---|---:|---|---|', ...rows, '', ...unrated, ''].join('\n'));
process.exit(0);
