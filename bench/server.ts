/**
 * The server under load, as a process of its own: clients that post layers it knows and ask for layers with their
 * vulnerabilities, over a database of 100,000 vulnerabilities; then the layers of an image posted one after the other.
 * Run: node bench/server.ts [--minutes 1] [--clients 64] [--image OCI-LAYOUT]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { keyRange } from '../src/match/key-range.ts';
import { openSqliteStore } from '../src/store/sql/sqlite-store.ts';
import type { KeyedVulnerability } from '../src/store/store.ts';
import { tar } from '../src/testing/tar-writer.ts';
import { dpkg } from '../src/version/dpkg.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    clients: { type: 'string', default: '64' },
    image: { type: 'string' },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'clair-bench-'));
process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true });
});

const namespace = { name: 'debian:12', versionScheme: 'dpkg' };
const vulnerabilities = 100_000;
/** As in the recorded figures: 96 packages with about 500 hits, 625 with about 3,600. */
const sizes = { small: 96, large: 625 };
const packages = Math.round(vulnerabilities / 5.8);

async function* records(): AsyncGenerator<KeyedVulnerability> {
  for (let i = 0; i < vulnerabilities; i++) {
    const to = '2.0-1';
    const keys = keyRange(dpkg, { to });
    if (!('lo' in keys)) throw new Error('a range without keys');
    const id = `CVE-2020-${i}`;
    yield {
      key: id,
      id,
      aliases: [],
      description: `What is wrong with ${id}, in about as many words as vendors need for it. `.repeat(4),
      links: [`https://security.example.org/${id}`],
      severity: 'Medium',
      cvss: [],
      affected: [
        {
          namespace,
          package: `package-${i % packages}`,
          range: { to },
          fix: { state: 'fixed', version: to },
          keys,
        },
      ],
    };
    if (i % 1000 === 0) await new Promise(setImmediate);
  }
}

async function fill(database: string): Promise<void> {
  await using store = await openSqliteStore(database);
  const update = { source: 'bench', feed: 'all', sourceVersion: 1, origin: 'made', fingerprint: '' };
  await store.advisories.apply({ ...update, fetchedAt: new Date().toISOString() }, records());
}

function layerOf(count: number): string {
  const status = Array.from(
    { length: count },
    (_, i) => `Package: package-${i}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n`,
  ).join('');
  const path = join(scratch, `${count}.tar`);
  const release = 'ID=debian\nVERSION_ID="12"\n';
  writeFileSync(
    path,
    tar([
      { path: 'etc/os-release', content: release },
      { path: 'var/lib/dpkg/status', content: status },
    ]),
  );
  return path;
}

async function startServer(database: string) {
  const child = spawn(join(import.meta.dirname, '../bin/clair'), ['serve', '--log-level', 'info'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CLAIR_DATABASE_OPTIONS_PATH: database,
      CLAIR_API_ADDR: '127.0.0.1:0',
      CLAIR_API_HEALTHADDR: '127.0.0.1:0',
      CLAIR_UPDATER_INTERVAL: '0',
    },
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
    if (msg === 'started' && port !== undefined) return { child, port, pid: child.pid ?? 0 };
  }
  throw new Error('the server did not start');
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

async function ask(port: number, method: string, path: string, body?: object): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const asked = request({ port, host: '127.0.0.1', method, path, agent }, (response) => {
    response.resume();
    response.on('end', () => {
      resolve(response.statusCode ?? 0);
    });
  });
  asked.on('error', reject);
  asked.end(text);
  return await promise;
}

function post(port: number, name: string, path: string, parent?: string): Promise<number> {
  const layer = {
    Name: name,
    Path: path,
    Format: 'Docker',
    ...(parent !== undefined && { ParentName: parent }),
  };
  return ask(port, 'POST', '/v1/layers', { Layer: layer });
}

/** CPU seconds and resident megabytes of a process, from proc(5). */
function usage(pid: number): { cpuS: number; rssMb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return {
    cpuS: (Number(fields[11]) + Number(fields[12])) / 100,
    rssMb: (Number(fields[21]) * 4096) / 1e6,
  };
}

function told(what: string, ms: number[]): void {
  ms.sort((a, b) => a - b);
  const at = (part: number): string => (ms[Math.floor((ms.length - 1) * part)] ?? 0).toFixed(1);
  console.log(
    `${what}: ${ms.length} answers, min ${at(0)} ms, median ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`,
  );
}

async function timed(times: number[], work: () => Promise<number>, expected: number): Promise<void> {
  const start = performance.now();
  const status = await work();
  if (status !== expected) throw new Error(`answered ${status}`);
  times.push(performance.now() - start);
}

const database = join(scratch, 'clair.db');
await fill(database);
const { child, port, pid } = await startServer(database);
const layers = { small: layerOf(sizes.small), large: layerOf(sizes.large) };
for (const [name, path] of Object.entries(layers)) await post(port, name, path);

for (const name of ['small', 'large'] as const) {
  const times: number[] = [];
  for (let i = 0; i < 50; i++)
    await timed(times, () => ask(port, 'GET', `/v1/layers/${name}?vulnerabilities`), 200);
  told(`alone, GET ?vulnerabilities, ${sizes[name]} packages`, times);
}

const gets: number[] = [];
const posts: number[] = [];
const end = performance.now() + Number(values.minutes) * 60_000;
const before = usage(pid);
const samples: string[] = [];
const sampler = setInterval(
  () => {
    samples.push(usage(pid).rssMb.toFixed(0));
  },
  Math.max(5_000, Number(values.minutes) * 3_000),
);
await Promise.all(
  Array.from({ length: Number(values.clients) }, async (_, i) => {
    for (let n = i; performance.now() < end; n++) {
      if (n % 2 === 0) await timed(posts, () => post(port, 'small', layers.small), 201);
      else await timed(gets, () => ask(port, 'GET', '/v1/layers/small?vulnerabilities'), 200);
    }
  }),
);
clearInterval(sampler);
told(`${values.clients} clients, GET ?vulnerabilities, ${sizes.small} packages`, gets);
told(`${values.clients} clients, POST of a known layer`, posts);
console.log(
  `CPU ${(usage(pid).cpuS - before.cpuS).toFixed(1)} s, resident MB over time: ${samples.join(' ')}`,
);

if (values.image !== undefined) {
  const index = JSON.parse(readFileSync(join(values.image, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  const blob = (digest: string): string => join(values.image ?? '', 'blobs', digest.replace(':', '/'));
  const manifest = JSON.parse(readFileSync(blob(index.manifests.at(-1)?.digest ?? ''), 'utf8')) as {
    layers: { digest: string }[];
  };
  const start = usage(pid);
  const from = performance.now();
  let parent: string | undefined;
  for (const { digest } of manifest.layers) {
    const status = await post(port, digest, blob(digest), parent);
    if (status !== 201) throw new Error(`${digest} answered ${status}`);
    parent = digest;
  }
  await ask(port, 'GET', `/v1/layers/${parent}?vulnerabilities`);
  const now = usage(pid);
  console.log(
    `${manifest.layers.length} layers posted in order: CPU ${(now.cpuS - start.cpuS).toFixed(2)} s, wall ${((performance.now() - from) / 1000).toFixed(2)} s, resident ${now.rssMb.toFixed(0)} MB`,
  );
}
agent.destroy();
child.kill('SIGTERM');
