/**
 * Measures the server under load, as a separate process with a database of 100,000 vulnerabilities. Clients request layers with their
 * vulnerabilities, post known and sometimes new layers, list, and remove. Then the layers of an image are posted one after the other, and
 * concurrently. Run: node bench/server.ts [--minutes 1] [--clients 64] [--image OCI-LAYOUT]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keyRange } from '../src/match/key-range.ts';
import type { KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import { openSqliteStore } from '../src/store/sql/sqlite-store.ts';
import { tar } from '../src/testing/tar-writer.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { closeConnections, postLayer, send, startServer, usage } from './bench-server.ts';
import { measure } from './measure.ts';
import { targetTable } from './target.ts';

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
/** As in the recorded figures: 96 packages with about 500 findings, 625 with about 3,600. */
const sizes = { small: 96, large: 625 };
const packages = Math.round(vulnerabilities / 5.8);

async function* records(): AsyncGenerator<KeyedVulnerabilityRecord> {
  for (let i = 0; i < vulnerabilities; i++) {
    const to = '2.0-1';
    const keys = keyRange(dpkg, { to });
    if (!('lo' in keys)) throw new Error('a range without keys');
    const id = `CVE-2020-${i}`;
    yield {
      kind: 'vulnerability',
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
  await store.advisories.apply({ kind: 'whole', ...update, fetchedAt: new Date().toISOString() }, records());
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

/**
 * Clair 2.0.3 does not run here. On another machine it took this fraction of the time of `gzip -dc` for the same layers, in wall time as in
 * CPU time.
 */
const clairOfGzip = 8.38 / 8.97;

/** Prints a row: number of responses and latencies. */
function latencyRow(what: string, ms: number[]): void {
  ms.sort((a, b) => a - b);
  const at = (part: number): string => (ms[Math.floor((ms.length - 1) * part)] ?? Number.NaN).toFixed(1);
  console.log(`| ${what} | ${ms.length} | ${at(0)} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
}

async function timed(times: number[], work: () => Promise<number>, expected: number): Promise<void> {
  const start = performance.now();
  const status = await work();
  if (status !== expected) throw new Error(`answered ${status}`);
  times.push(performance.now() - start);
}

const database = join(scratch, 'clair.db');
await fill(database);
const { child, port, pid } = await startServer({ CLAIR_DATABASE_OPTIONS_PATH: database });
const layers = { small: layerOf(sizes.small), large: layerOf(sizes.large) };
for (const [name, path] of Object.entries(layers)) {
  const status = await postLayer(port, name, path);
  if (status !== 201) throw new Error(`POST returned ${status}`);
}

console.log('| | responses | min ms | median | p99 | max |\n|---|---:|---:|---:|---:|---:|');
for (const name of ['small', 'large'] as const) {
  const times: number[] = [];
  for (let i = 0; i < 50; i++)
    await timed(times, () => send(port, 'GET', `/v1/layers/${name}?vulnerabilities`), 200);
  latencyRow(`alone: GET of ${sizes[name]} packages with vulnerabilities`, times);
}
const resident = await load();
if (values.image !== undefined) await readImage(values.image);
closeConnections();
child.kill('SIGTERM');
console.log(`\nResident MB under load, over time: \`${resident.join(' ')}\`.`);

/** Runs the clients: nine times in twenty each of the two most common requests, and otherwise one of the others. */
async function load(): Promise<readonly string[]> {
  const times = new Map<string, number[]>();
  const minutes = Number(values.minutes);
  const end = performance.now() + minutes * 60_000;
  const samples: string[] = [];
  const before = usage(pid);
  const sample = (): void => {
    samples.push(usage(pid).rssMb.toFixed(0));
  };
  const sampler = setInterval(sample, Math.max(5_000, minutes * 3_000));
  const act = async (what: string, expected: number, work: () => Promise<number>): Promise<void> => {
    const own = times.get(what) ?? [];
    times.set(what, own);
    await timed(own, work, expected);
  };
  const turn = async (n: number): Promise<void> => {
    const fresh = `new-${n}`;
    if (n % 20 < 9) await act('POST of a known layer', 201, () => postLayer(port, 'small', layers.small));
    else if (n % 20 < 18)
      await act(`GET of ${sizes.small} packages with vulnerabilities`, 200, () =>
        send(port, 'GET', '/v1/layers/small?vulnerabilities'),
      );
    else if (n % 20 === 18) {
      await act('POST of a new layer', 201, () => postLayer(port, fresh, layers.small));
      await act('DELETE of it', 200, () => send(port, 'DELETE', `/v1/layers/${fresh}`));
    } else
      await act('list of 100 vulnerabilities', 200, () =>
        send(port, 'GET', '/v1/namespaces/debian:12/vulnerabilities?limit=100'),
      );
  };
  let next = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) await turn(next++);
  };
  await Promise.all(Array.from({ length: Number(values.clients) }, client));
  clearInterval(sampler);
  sample();
  for (const [what, own] of times) latencyRow(`${values.clients} clients: ${what}`, own);
  const cpuS = usage(pid).cpuS - before.cpuS;
  console.log(`\nThe load took ${cpuS.toFixed(0)} s of the server's CPU in ${minutes} minutes.`);
  return samples;
}

/** Measures the layers of an image as clients of each API post them, compared with their decompression. */
async function readImage(layout: string): Promise<void> {
  const blob = (digest: string): string => join(layout, 'blobs', digest.replace(':', '/'));
  const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
  const index = read(join(layout, 'index.json')) as { manifests: { digest: string }[] };
  const manifest = read(blob(index.manifests.at(-1)?.digest ?? '')) as { layers: { digest: string }[] };
  const blobs = manifest.layers.map(({ digest }) => blob(digest));

  const start = usage(pid).cpuS;
  let parent: string | undefined;
  for (const [i, path] of blobs.entries()) {
    const status = await postLayer(port, `layer-${i}`, path, parent);
    if (status !== 201) throw new Error(`layer ${i} answered ${status}`);
    parent = `layer-${i}`;
  }
  const inOrder = usage(pid).cpuS - start;
  const before = performance.now();
  const all = blobs.map((path, i) => ({ hash: `hash-${i}`, path }));
  const status = await send(port, 'POST', '/ancestry', {
    ancestry_name: 'all',
    format: 'Docker',
    layers: all,
  });
  if (status !== 200) throw new Error(`the ancestry request returned ${status}`);
  const atOnce = (performance.now() - before) / 1000;

  const command = `gzip -dc ${blobs.join(' ')} >/dev/null`;
  const cost = measure([{ name: 'gzip', command }], 1).get('gzip');
  const [gzipCpu, gzipWall] = [(cost?.cpuMs ?? Number.NaN) / 1000, (cost?.wallMs ?? Number.NaN) / 1000];
  console.log(
    `\n${blobs.length} gzip layers posted in order take ${inOrder.toFixed(2)} s of CPU, and as one ancestry ${atOnce.toFixed(2)} s by the clock. For \`gzip -dc\`, these are ${gzipCpu.toFixed(2)} and ${gzipWall.toFixed(2)} s.\n`,
  );
  console.log(
    targetTable([
      {
        name: 'T8',
        what: 'layers posted in order, CPU, of Clair 2.0.3',
        limit: 0.5,
        measured: inOrder / (gzipCpu * clairOfGzip),
      },
      {
        name: 'T8',
        what: 'all layers at once, wall, of Clair 2.0.3',
        limit: 0.27,
        measured: atOnce / (gzipWall * clairOfGzip),
      },
    ]),
  );
}
