import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { type LayoutServer, serveLayout } from './published-layout.ts';
import { temporaryDirectory } from './shard-files.ts';

const root = resolve(import.meta.dirname, '../..');

/** Two versions of a published database on a web server, and the report that the second one gives. */
export interface FetchKillScene {
  readonly directory: string;
  readonly server: LayoutServer;
  /** The second version, for `--from`. */
  readonly place: string;
  /** A cache that has the first version. */
  readonly earlierCache: string;
  readonly report: string;
  /** Time from the first request of a scan to its end, in milliseconds. */
  readonly spanMs: number;
}

/** Publishes two versions with the built command, and scans with both. */
export async function openFetchKillScene(context: TestContext): Promise<FetchKillScene> {
  const directory = temporaryDirectory(context);
  const server = await serveLayout(context, join(directory, 'published'));
  const earlierCache = join(directory, 'earlier');
  const first = publish(directory, 4000);
  await finishedScan({ directory, place: `${server.url}@${first}`, cache: earlierCache });
  const place = `${server.url}@${publish(directory, 4001)}`;
  const requested = firstRequest(server);
  const finished = finishedScan({ directory, place, cache: join(directory, 'whole') });
  const startMs = await requested;
  const report = await finished;
  return { directory, server, place, earlierCache, report, spanMs: performance.now() - startMs };
}

/** Publishes this number of advisories for the example image, which all have a text of their own. Returns the digest. */
function publish(directory: string, count: number): string {
  const file = join(directory, 'feeds/secdb.alpinelinux.org/v3.20/main.json');
  const names = Array.from({ length: count }, (_, i) => `CVE-2026-${10_000 + i}`);
  const packages = names.map((name, i) => ({
    pkg: {
      name: i < 20 ? 'busybox' : `package-${sha256(name).slice(0, 24)}`,
      secfixes: { '9.9.9-r0': [name] },
    },
  }));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ distroversion: 'v3.20', reponame: 'main', packages }));
  const database = join(directory, 'publisher.db');
  run(['db', 'update', 'alpine', '--mirror', join(directory, 'feeds'), '--db', database]);
  const output = run(['db', 'build', join(directory, 'published'), '--db', database]);
  return /^sha256:\w+$/m.exec(output)?.[0] ?? assert.fail(output);
}

function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr + stdout);
  return stdout;
}

const program = join(root, 'dist/bin/clair.js');

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

interface Scan {
  readonly directory: string;
  readonly place: string;
  readonly cache: string;
  /** In memory by default. */
  readonly database?: string;
}

function startScan({ directory, place, cache, database = ':memory:' }: Scan): ChildProcess {
  const image = join(root, 'examples/image.tar');
  const args = ['scan', image, '--no-lookups', '--format', 'json', '--db', database, '--from', place];
  return spawn(process.execPath, [program, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CACHE_HOME: cache },
  });
}

async function finishedScan(scan: Scan): Promise<string> {
  const child = startScan(scan);
  assert.ok(child.stdout !== null && child.stderr !== null);
  const [report, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.equal(child.exitCode, 0, errors);
  return report;
}

/** Returns the time of the next request. */
async function firstRequest(server: LayoutServer): Promise<number> {
  const { promise, resolve: setTime } = Promise.withResolvers<number>();
  server.intercept = () => {
    setTime(performance.now());
    return false;
  };
  return await promise;
}

/** A kill of processes that fetch. */
export interface FetchKill {
  /** The moment between the first request and the end of a scan; 0 is the first request and 1 the end. */
  readonly point: number;
  /** Number of processes that share the cache and the database, and are all killed. */
  readonly processes: number;
  /** Whether the cache has the first version, so that patches are applied. */
  readonly hasEarlier: boolean;
}

/**
 * Kills scans that fetch the second version. Asserts that the cache has complete files only, and that the next scan gives the same
 * report.
 */
export async function killFetch(
  scene: FetchKillScene,
  { point, processes, hasEarlier }: FetchKill,
): Promise<void> {
  const cache = join(scene.directory, 'killed');
  if (hasEarlier) cpSync(scene.earlierCache, cache, { recursive: true });
  const database = join(scene.directory, 'killed.db');
  const requested = firstRequest(scene.server);
  const children = Array.from({ length: processes }, () => startScan({ ...scene, cache, database }));
  const ends = children.map(async (child) => {
    await once(child, 'close');
  });
  await requested;
  await new Promise((done) => setTimeout(done, point * scene.spanMs));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ends);
  assertWhole(cache);
  assert.equal(await finishedScan({ ...scene, cache }), scene.report);
  assertWhole(cache);
  rmSync(cache, { recursive: true, force: true });
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true });
}

/** Asserts that each file in the cache has the content of its name. Unfinished files have another name. */
function assertWhole(cache: string): void {
  for (const folder of ['shards', 'catalogues']) {
    const directory = join(cache, 'clair', folder);
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const [, digest] = /^([\da-f]{64})\.(?:db|zst)$/.exec(name) ?? [];
      if (digest !== undefined) assert.equal(sha256(readFileSync(join(directory, name))), digest, name);
    }
  }
}
