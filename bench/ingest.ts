/**
 * Measures writes through a server: vulnerabilities, and layers on top of each other, on SQLite and on a PostgreSQL that syncs to disk.
 * With another checkout, its server alternates with this one, and the output shows the ratio. Run: node bench/ingest.ts [--before CHECKOUT]
 * [--vulnerabilities 300] [--layers 400]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type PostgresServer, startPostgresServer } from '../src/testing/postgres-server.ts';
import { tar } from '../src/testing/tar-writer.ts';

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    vulnerabilities: { type: 'string', default: '300' },
    layers: { type: 'string', default: '400' },
  },
});
const [vulnerabilities, layers] = [Number(values.vulnerabilities), Number(values.layers)];
const scratch = mkdtempSync(join(tmpdir(), 'clair-bench-'));
process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true });
});

const basePackages = 96;
/** Number of layers above and below a depth whose times make up its median. */
const depthMargin = 10;

const status = Array.from(
  { length: basePackages },
  (_, i) => `Package: package-${i}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n`,
).join('');

function writeLayer(i: number): string {
  const path = join(scratch, `${i}.tar`);
  const base = [
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
    { path: 'var/lib/dpkg/status', content: status },
  ];
  writeFileSync(path, tar(i === 0 ? base : [{ path: `opt/${i}`, content: `${i}` }]));
  return path;
}

const paths = Array.from({ length: layers + depthMargin + 1 }, (_, i) => writeLayer(i));

/** A server that is measured. */
interface Bench {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly agent: Agent;
  readonly vulnerabilities: number[];
  readonly layers: number[];
}

async function start(
  name: string,
  checkout: string,
  database: Readonly<Record<string, string>>,
): Promise<Bench> {
  const child = spawn(join(checkout, 'bin/clair'), ['serve', '--log-level', 'info'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      ...database,
      CLAIR_API_ADDR: '127.0.0.1:0',
      CLAIR_API_HEALTHADDR: '127.0.0.1:0',
      CLAIR_UPDATER_INTERVAL: '0',
    },
  });
  const { promise, resolve: started } = Promise.withResolvers<number>();
  // Its log must be read, or the server would block.
  createInterface({ input: child.stderr }).on('line', (line) => {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
    if (msg === 'started' && port !== undefined) started(port);
  });
  const port = await promise;
  return { name, child, port, agent: new Agent({ keepAlive: true }), vulnerabilities: [], layers: [] };
}

async function post({ port, agent }: Bench, path: string, body: object): Promise<number> {
  const begun = performance.now();
  const { promise, resolve: answered, reject } = Promise.withResolvers<number>();
  const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path, agent }, (response) => {
    response.resume();
    response.on('end', () => {
      answered(response.statusCode ?? 0);
    });
  });
  outgoing.on('error', reject);
  outgoing.end(JSON.stringify(body));
  const code = await promise;
  if (code !== 201) throw new Error(`POST ${path} answered ${code}`);
  return performance.now() - begun;
}

async function postVulnerability(bench: Bench, i: number): Promise<void> {
  const NamespaceName = 'debian:12';
  const FixedIn = [{ Name: `package-${i % 9}`, NamespaceName, VersionFormat: 'dpkg', Version: '1.1-1' }];
  const Vulnerability = { Name: `CVE-2024-${i}`, NamespaceName, Severity: 'High', FixedIn };
  const path = `/v1/namespaces/${NamespaceName}/vulnerabilities`;
  bench.vulnerabilities.push(await post(bench, path, { Vulnerability }));
}

async function postLayer(bench: Bench, i: number): Promise<void> {
  const Layer = {
    Name: `layer-${i}`,
    Path: paths[i],
    Format: 'Docker',
    ...(i > 0 && { ParentName: `layer-${i - 1}` }),
  };
  bench.layers.push(await post(bench, '/v1/layers', { Layer }));
}

/** Runs each step on all servers before the next step, so that other load affects all of them equally. */
async function inTurn(
  benches: readonly Bench[],
  steps: number,
  step: (bench: Bench, i: number) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < steps; i++) for (const bench of benches) await step(bench, i);
}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

function row(what: string, benches: readonly Bench[], timesOf: (bench: Bench) => readonly number[]): string {
  const medians = benches.map((bench) => percentile(timesOf(bench), 0.5));
  const shown = benches.flatMap((bench, i) => [
    medians[i]?.toFixed(1) ?? '',
    percentile(timesOf(bench), 0.95).toFixed(1),
  ]);
  const [before, now] = medians;
  const ratio = before !== undefined && now !== undefined ? [(before / now).toFixed(1)] : [];
  return `| ${[what, ...shown, ...ratio].join(' | ')} |`;
}

async function measure(
  engine: string,
  databaseOf: (name: string) => Promise<Record<string, string>>,
): Promise<void> {
  const checkouts = values.before === undefined ? [] : [['before', resolve(values.before)] as const];
  const benches: Bench[] = [];
  for (const [name, checkout] of [...checkouts, ['now', resolve(import.meta.dirname, '..')] as const])
    benches.push(await start(name, checkout, await databaseOf(name)));
  await inTurn(benches, vulnerabilities, postVulnerability);
  await inTurn(benches, paths.length, postLayer);
  const head = benches.flatMap(({ name }) => [`${name}: median ms`, 'p95']);
  const columns = benches.length > 1 ? [...head, 'ratio'] : head;
  console.log(`\n| ${engine} | ${columns.join(' | ')} |\n|---|${'---:|'.repeat(columns.length)}`);
  console.log(row('POST of a vulnerability', benches, (bench) => bench.vulnerabilities));
  for (const depth of [10, 100, layers].filter((one, i, all) => one <= layers && all.indexOf(one) === i)) {
    const near = ({ layers: times }: Bench): readonly number[] =>
      times.slice(depth - depthMargin, depth + depthMargin + 1);
    console.log(row(`POST of the child at depth ${depth}`, benches, near));
  }
  for (const { child, agent } of benches) {
    agent.destroy();
    child.kill('SIGTERM');
  }
}

await measure('SQLite', async (name) => ({ CLAIR_DATABASE_OPTIONS_PATH: join(scratch, `${name}.db`) }));
const servers: PostgresServer[] = [];
await measure('PostgreSQL', async () => {
  const server = await startPostgresServer([]);
  servers.push(server);
  return { CLAIR_DATABASE_TYPE: 'pgsql', CLAIR_DATABASE_OPTIONS_SOURCE: server.url() };
});
for (const server of servers) server.stop();
