/**
 * Measures the CPU that a server takes for requests of Quay and Harbor, as a separate process with a database of 500 vulnerabilities in 300
 * packages. Run: node bench/quay.ts [--rounds 300]
 */
import { parseArgs } from 'node:util';
import { parseSigningKey, signToken } from '../src/kit/json-web-token.ts';
import { usage } from './bench-server.ts';
import { sharedKey, startScene } from './quay-scene.ts';

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
  readonly path: string;
  readonly body?: string;
  readonly status: number;
}

const requests: readonly Measured[] = [
  {
    ...{ what: 'known manifest posted again', limitMs: 5, method: 'POST', status: 201 },
    ...{ path: '/indexer/api/v1/index_report', body: JSON.stringify(manifest) },
  },
  {
    ...{ what: 'vulnerability report, 300 packages, 500 findings', limitMs: 15, method: 'GET', status: 200 },
    path: `/matcher/api/v1/vulnerability_report/${manifest.hash}`,
  },
  {
    ...{ what: "Harbor's metadata", limitMs: 5, method: 'GET', status: 200 },
    path: '/harbor/api/v1/metadata',
  },
  {
    ...{ what: 'state of the index', limitMs: 5, method: 'GET', status: 200 },
    path: '/indexer/api/v1/index_state',
  },
];

console.log('| request | target, CPU ms | CPU ms | wall ms, median | bytes | met |');
console.log('|---|---:|---:|---:|---:|---|');
for (const request of requests) await measureOne(request);
child.kill();
layers.close();

/** Sends a request one after the other and prints a row. Half as many before warm the server up. */
async function measureOne(request: Measured): Promise<void> {
  const rounds = Number(values.rounds);
  for (let i = 0; i < rounds / 2; i++) await send(request);
  const times: number[] = [];
  let bytes = 0;
  const before = usage(pid);
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    bytes = await send(request);
    times.push(performance.now() - start);
  }
  const cpuMs = ((usage(pid).cpuS - before.cpuS) * 1000) / rounds;
  const median = times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  const isMet = cpuMs <= request.limitMs ? 'yes' : '**no**';
  const figures = [`≤ ${request.limitMs}`, cpuMs.toFixed(1), median.toFixed(1), String(bytes), isMet];
  console.log(`| ${[request.what, ...figures].join(' | ')} |`);
}

/** Sends a request; returns the size of the response. */
async function send({ method, path, body, status }: Measured): Promise<number> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const url = `http://127.0.0.1:${port}${path}`;
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  if (response.status !== status) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
  return Buffer.byteLength(text);
}
