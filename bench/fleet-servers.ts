/**
 * Measures servers that share one PostgreSQL database: CPU of the servers and of the database for a request, with one server and with
 * several, after a warm-up of each. Posts layers of 150 packages that no server knows, posts known ones, and requests layers with their
 * vulnerabilities. Counts waits for a lock that take more than 50 ms. Run:
 *
 *     node bench/fleet-servers.ts [--servers 1,2,4,8] [--warm 2000] [--requests 2000] [--clients 32]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { Engine } from '../src/store/sql/engine.ts';
import { tar } from '../src/testing/tar-writer.ts';
import { type BenchServer, closeConnections, postLayer, send, startServer, usage } from './bench-server.ts';
import { type BenchStore, openBenchStore } from './bench-store.ts';
import { advisoryOf, catalogue } from './fleet-contents.ts';
import { random } from './random.ts';

const packagesOfLayer = 150;
const advisories = 10_000;
const layerFiles = 200;
const lockWaitMs = 50;

const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: '1,2,4,8' },
    warm: { type: 'string', default: '2000' },
    requests: { type: 'string', default: '2000' },
    clients: { type: 'string', default: '32' },
  },
});
const [warm, requests, clients] = [values.warm, values.requests, values.clients].map(Number);
const scratch = mkdtempSync(join(tmpdir(), 'clair-bench-'));
process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true });
});
const next = random(41);
const files = Array.from({ length: layerFiles }, (_, i) => writeLayer(i));

function postKnown(port: number, n: number): Promise<number> {
  return postLayer(port, `known-${n % layerFiles}`, files[n % layerFiles] ?? '');
}

/** Sends request number `n` to a server. Returns the status. */
type Send = (port: number, n: number) => Promise<number>;

const kinds: Readonly<Record<string, { readonly send: Send; readonly expected: number }>> = {
  'POST of a new layer': {
    send: (port, n) => postLayer(port, `new-${n}`, files[n % layerFiles] ?? ''),
    expected: 201,
  },
  'POST of a known layer': { send: postKnown, expected: 201 },
  'GET with vulnerabilities': {
    send: (port, n) => send(port, 'GET', `/v1/layers/known-${n % layerFiles}?features&vulnerabilities`),
    expected: 200,
  },
};
const ofOne = new Map<string, number>();

function writeLayer(number: number): string {
  const path = join(scratch, `${number}.tar`);
  const chosen = new Set<number>();
  while (chosen.size < packagesOfLayer) chosen.add(Math.floor(catalogue * next() ** 2));
  const status = [...chosen].map(
    (i) =>
      `Package: package-${i}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${number % 9}-1\n\n`,
  );
  writeFileSync(
    path,
    tar([
      { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
      { path: 'var/lib/dpkg/status', content: status.join('') },
    ]),
  );
  return path;
}

async function measureServers(count: number): Promise<void> {
  await using database = await openBenchStore('postgres');
  await using waits = await LockWaits.watch(database);
  const update = { source: 'debian', feed: 'made', sourceVersion: 1, origin: 'here', fingerprint: '' };
  await database.store.advisories.apply(
    { kind: 'whole', ...update, fetchedAt: new Date().toISOString() },
    records(),
  );
  const settings = { CLAIR_DATABASE_TYPE: 'pgsql', CLAIR_DATABASE_OPTIONS_SOURCE: database.place };
  const servers = await Promise.all(Array.from({ length: count }, () => startServer(settings)));
  await run(servers, { send: postKnown, expected: 201, from: 0, count: layerFiles });
  await database.settle();
  let sent = 0;
  for (const { send: sendOne, expected } of Object.values(kinds)) {
    await run(servers, { send: sendOne, expected, from: sent, count: (warm ?? 0) * count });
    sent += (warm ?? 0) * count;
  }
  for (const [what, { send: sendOne, expected }] of Object.entries(kinds)) {
    const [before, waited] = [cpuOf(servers, database), waits.long];
    const start = performance.now();
    await run(servers, { send: sendOne, expected, from: sent, count: requests ?? 0 });
    sent += requests ?? 0;
    const seconds = (performance.now() - start) / 1000;
    const after = cpuOf(servers, database);
    printRow(what, {
      count,
      serverMs: (after.serverMs - before.serverMs) / (requests ?? 1),
      databaseMs: (after.databaseMs - before.databaseMs) / (requests ?? 1),
      perSecond: (requests ?? 0) / seconds,
      waits: waits.long - waited,
    });
  }
  await Promise.all(servers.map(stop));
}

async function* records(): AsyncGenerator<KeyedVulnerabilityRecord> {
  for (let i = 0; i < advisories; i++) {
    const name = `package-${Math.floor(catalogue * next() ** 2)}`;
    yield advisoryOf(i, name, `1.${i % 12}-1`);
  }
}

interface Run {
  readonly send: Send;
  readonly expected: number;
  readonly from: number;
  readonly count: number;
}

/** Sends requests of all clients, to each server in turn. */
async function run(
  servers: readonly BenchServer[],
  { send: sendOne, expected, from, count }: Run,
): Promise<void> {
  let n = from;
  const client = async (): Promise<void> => {
    while (n < from + count) {
      const own = n++;
      const status = await sendOne(servers[own % servers.length]?.port ?? 0, own);
      if (status !== expected) throw new Error(`answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: clients ?? 1 }, client));
}

interface Cpu {
  readonly serverMs: number;
  readonly databaseMs: number;
}

/** Returns CPU time so far. That of the database includes this process, which sends the requests. */
function cpuOf(servers: readonly BenchServer[], database: BenchStore): Cpu {
  const own = process.cpuUsage();
  return {
    serverMs: servers.reduce((sum, { pid }) => sum + 1000 * usage(pid).cpuS, 0),
    databaseMs: database.cpuMs() - (own.user + own.system) / 1000,
  };
}

/** Watches the sessions that wait for a lock. */
class LockWaits implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #long = new Set<string>();
  #isWatching = true;
  #watched: Promise<void> = Promise.resolve();

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  static async watch(database: BenchStore): Promise<LockWaits> {
    const waits = new LockWaits(await database.openEngine());
    waits.#watched = waits.#watch();
    return waits;
  }

  /** Number of waits so far that took more than 50 ms. */
  get long(): number {
    return this.#long.size;
  }

  async #watch(): Promise<void> {
    while (this.#isWatching) {
      const { rows } = await sql<{ wait: string }>`
        select pid || ' ' || waitstart as wait from pg_locks
        where not granted and clock_timestamp() - waitstart > interval '50 ms'`.execute(this.#engine.db);
      for (const { wait } of rows) this.#long.add(wait);
      await setTimeout(lockWaitMs / 2);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWatching = false;
    await this.#watched;
    await this.#engine[Symbol.asyncDispose]();
  }
}

interface Row extends Cpu {
  readonly count: number;
  readonly perSecond: number;
  readonly waits: number;
}

function printRow(what: string, { count, serverMs, databaseMs, perSecond, waits }: Row): void {
  const both = serverMs + databaseMs;
  if (!ofOne.has(what)) ofOne.set(what, both);
  const cells = [
    ...[String(count), what, serverMs.toFixed(2), databaseMs.toFixed(2)],
    ...[(both / (ofOne.get(what) ?? both)).toFixed(2), perSecond.toFixed(0), String(waits)],
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

async function stop({ child }: BenchServer): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

console.log(
  '| servers | request | server CPU ms | database CPU ms | both, of one server | responses/s | lock waits > 50 ms |',
);
console.log('|---:|---|---:|---:|---:|---:|---:|');
for (const count of values.servers.split(',').map(Number)) await measureServers(count);
closeConnections();
