/**
 * Measures the CPU that a server takes for requests of Quay and Harbor, as a separate process with a database of 500 vulnerabilities in 300
 * packages. Run: node bench/quay.ts [--rounds 300]
 */
import { parseArgs } from 'node:util';
import { parseSigningKey, signToken } from '../src/kit/json-web-token.ts';
import { usage } from './bench-server.ts';
import { type SceneManifest, sharedKey, startScene } from './quay-scene.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '300' } } });

const { layers, child, port, pid } = await startScene();
const manifest = layers.manifest(0);
const token = signToken(
  { iss: 'quay', exp: Math.floor(Date.now() / 1000) + 3600 },
  parseSigningKey('key', sharedKey),
);

interface Measured {
  readonly what: string;
  readonly limitMs: number;
  readonly method: 'GET' | 'POST';
  /** Returns the path of the request with this number. */
  readonly path: (number: number) => string;
  readonly body?: string;
  readonly status: number;
}

const indexReports = '/indexer/api/v1/index_report';
const rounds = Number(values.rounds);
/** Requests before those that are measured. */
const warmUps = Math.ceil(rounds / 2);

const requests: readonly Measured[] = [
  {
    what: 'known manifest posted again',
    limitMs: 5,
    method: 'POST',
    status: 201,
    path: () => indexReports,
    body: JSON.stringify(manifest),
  },
  {
    what: 'vulnerability report, 300 packages, 500 findings',
    limitMs: 15,
    method: 'GET',
    status: 200,
    path: () => vulnerabilityReport(manifest),
  },
  {
    what: 'the same, the first one of a manifest',
    limitMs: 15,
    method: 'GET',
    status: 200,
    path: (number) => vulnerabilityReport(layers.manifest(number + 1)),
  },
  {
    what: "Harbor's metadata",
    limitMs: 5,
    method: 'GET',
    status: 200,
    path: () => '/harbor/api/v1/metadata',
  },
  {
    what: 'state of the index',
    limitMs: 5,
    method: 'GET',
    status: 200,
    path: () => '/indexer/api/v1/index_state',
  },
];

console.log('| request | target, CPU ms | CPU ms | wall ms, median | bytes | met |');
console.log('|---|---:|---:|---:|---:|---|');
// The requests of the row about first reports have a manifest each.
for (let i = 0; i < warmUps + rounds; i++) await post(layers.manifest(i + 1));
for (const request of requests) await measureOne(request);
child.kill();
layers.close();

function vulnerabilityReport({ hash }: SceneManifest): string {
  return `/matcher/api/v1/vulnerability_report/${hash}`;
}

async function post(posted: SceneManifest): Promise<void> {
  const body = JSON.stringify(posted);
  await send({ what: 'post', limitMs: 0, method: 'POST', path: () => indexReports, body, status: 201 }, 0);
}

/** Sends a request one after the other and prints a row. Half as many before warm the server up. */
async function measureOne(request: Measured): Promise<void> {
  for (let i = 0; i < warmUps; i++) await send(request, i);
  const times: number[] = [];
  let bytes = 0;
  const before = usage(pid);
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    bytes = await send(request, warmUps + i);
    times.push(performance.now() - start);
  }
  const cpuMs = ((usage(pid).cpuS - before.cpuS) * 1000) / rounds;
  const median = times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  const isMet = cpuMs <= request.limitMs ? 'yes' : '**no**';
  const figures = [`≤ ${request.limitMs}`, cpuMs.toFixed(1), median.toFixed(1), String(bytes), isMet];
  console.log(`| ${[request.what, ...figures].join(' | ')} |`);
}

/** Sends a request; returns the size of the response. */
async function send({ method, path: pathOf, body, status }: Measured, number: number): Promise<number> {
  const path = pathOf(number);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const url = `http://127.0.0.1:${port}${path}`;
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  if (response.status !== status) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
  return Buffer.byteLength(text);
}
