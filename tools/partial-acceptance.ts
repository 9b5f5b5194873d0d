/**
 * Checks `--partial` with layers that the libraries of nerdctl, buildah, podman and soci wrote, and with Debian's docker-registry:
 *
 *     npm run acceptance:partial -- [--mirror=DIR] [--image=debian-multi] [--keep=DIR] [--rounds=1]
 *
 * `CLAIR_TEST_IMAGES` is the directory of the images. Go builds the programs that repack the image. In each round, each format is scanned whole and in
 * parts, over a link of 200 Mbit/s and 20 ms. The packages must be equal, and with a mirror the reports but for the remark. A layer of which most is
 * needed, such as Alpine with SOCI, is read whole by design, and that is printed. The targets are of debian-multi. Prints each step when it ends, with
 * its seconds. debian-multi takes 30 s for each whole scan, and minutes to be repacked: `--keep` keeps the repacked images.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { slowLink } from '../bench/slow-link.ts';
import type { Report } from '../src/model/report.ts';
import { output } from './image/run-tool.ts';
import { countingProxy } from './partial/counting-proxy.ts';
import { pushLayout } from './partial/push-layout.ts';

const { values } = parseArgs({
  options: {
    mirror: { type: 'string' },
    image: { type: 'string', default: 'debian-multi' },
    keep: { type: 'string' },
    rounds: { type: 'string', default: '1' },
  },
});
const images = process.env['CLAIR_TEST_IMAGES'];
if (images === undefined) throw new Error('CLAIR_TEST_IMAGES must name the directory of the images');
const root = resolve(import.meta.dirname, '..');
const clair = join(root, 'bin/clair');
const tools = join(root, '.cache/partial-tools');
/** How images are repacked: the program, its arguments before the layout, and the most that a scan may take, as shares of a whole one. */
interface Format {
  readonly program: string;
  readonly args: readonly string[];
  readonly share: number;
  readonly wallRatio: number;
}
const few = { program: 'writer', share: 0.08, wallRatio: 0.35 };
const formats: Readonly<Record<string, Format>> = {
  estargz: { ...few, args: ['estargz'] },
  'zstd-chunked': { ...few, args: ['zstd:chunked'] },
  // Spans of 4 MiB and the windows of their checkpoints: more bytes for each file.
  soci: { program: 'soci', args: [], share: 0.5, wallRatio: 1 },
};
const link = { roundTripMs: 20, megabitsPerSecond: 200 };
const requestsMax = 60;
/** Time after which a command is ended: thirty times what a whole scan of debian-multi takes over the link. */
const commandMs = 15 * 60_000;
/** Targets that were missed. */
const misses: string[] = [];

const place = mkdtempSync(join(tmpdir(), 'clair-partial-'));
const layouts = values.keep ?? join(place, 'layouts');
let registry: ChildProcess | undefined;
process.on('exit', () => {
  registry?.kill('SIGKILL');
  rmSync(place, { recursive: true, force: true });
});

/** Does a step, and prints how long it took. */
async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`  ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** Repacks the image in each format, unless it was kept. */
async function repack(layout: string): Promise<void> {
  mkdirSync(tools, { recursive: true });
  mkdirSync(layouts, { recursive: true });
  for (const [name, { program, args }] of Object.entries(formats)) {
    const writer = join(tools, program);
    const source = join(root, 'tools/partial', program);
    await step(`build ${program}`, () => output('go', ['build', '-o', writer, '.'], source));
    const to = join(layouts, name);
    if (!existsSync(join(to, 'oci-layout')))
      await step(`repack as ${name}`, () => output(writer, [...args, layout, 'latest', to], root));
  }
}

async function startRegistry(): Promise<number> {
  const port = 17_082;
  const config = join(place, 'registry.json');
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(place, 'registry') } },
      http: { addr: `127.0.0.1:${port}` },
    }),
  );
  registry = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  for (let i = 0; !(await listens(port)); i++) {
    assert.ok(i < 200, 'the registry does not start');
    await setTimeout(50);
  }
  for (const name of Object.keys(formats))
    await step(`push ${name}`, () => pushLayout(join(layouts, name), `http://127.0.0.1:${port}/v2/${name}`));
  return port;
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((answer) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      answer(true);
    });
    socket.on('error', () => {
      answer(false);
    });
  });
}

interface Run {
  readonly stdout: string;
  readonly wallMs: number;
}

/** Runs a command with an empty cache. The proxy and the link are in this process, so it must not block. */
async function run(args: readonly string[]): Promise<Run> {
  const start = performance.now();
  const child = spawn(clair, [...args, '--quiet'], {
    env: { ...process.env, XDG_CACHE_HOME: join(place, 'cache') },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: commandMs,
  });
  let stdout = '';
  for await (const piece of child.stdout.setEncoding('utf8')) stdout += piece as string;
  return { stdout, wallMs: performance.now() - start };
}

function storedBytes(name: string): number {
  const blobs = join(layouts, name, 'blobs/sha256');
  return readdirSync(blobs).reduce((sum, blob) => sum + statSync(join(blobs, blob)).size, 0);
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** The parts of a report that do not say how layers were read. */
function contentOf(report: Report): object {
  const { packages, distro, matches, suppressed, coverage, layers, verdict } = report;
  // Programs of packages that are not assessed are counted by their names, and not by their content.
  if (values.mirror === undefined) return { packages, distro };
  return {
    packages,
    distro,
    matches,
    suppressed,
    verdict,
    coverage: coverage.filter(({ namespace }) => namespace !== 'layers'),
    layers: layers.map(({ verified: _, ...layer }) => layer),
  };
}

/** Loads the advisories of the distribution, by which the image is named, from a mirror into a database. Returns its file, or undefined without a mirror. */
async function loadAdvisories(): Promise<string | undefined> {
  if (values.mirror === undefined) return undefined;
  const database = join(place, 'advisories.db');
  const [distribution = ''] = values.image.split('-');
  const load = ['db', 'update', distribution, 'kev', 'epss', '--mirror', values.mirror, '--db', database];
  await step('load the advisories', () => run(load));
  return database;
}

/** Scans an image that the database does not know. */
async function scan(target: string, advisories: string | undefined, args: readonly string[]): Promise<Run> {
  const database = advisories === undefined ? ':memory:' : join(place, 'scan.db');
  if (advisories !== undefined) copyFileSync(advisories, database);
  return await run(['scan', target, '--offline', '--format', 'json', '--db', database, ...args]);
}

/** Compares the reports of both ways, and prints how the layers were read. Returns whether a table of contents was used. */
function compareReports(partial: Report, whole: Report): boolean {
  const reason = partial.coverage.find(({ namespace }) => namespace === 'layers')?.reason ?? '';
  console.log(`  ${reason}`);
  assert.match(reason, /^read by table of contents|^\S+ was fetched whole: .*does not pay off$/);
  assert.deepEqual(contentOf(partial), contentOf(whole));
  const equal = values.mirror === undefined ? 'they are equal' : 'the reports are equal but for the remark';
  console.log(`  ${partial.packages.length} packages, ${partial.matches.length} findings: ${equal}`);
  return reason.startsWith('read by');
}

async function compareFormat(
  [name, format]: readonly [name: string, format: Format],
  { target, advisories }: { readonly target: string; readonly advisories: string | undefined },
  take: () => { requests: number; bytes: number },
): Promise<void> {
  const times = { whole: [] as number[], partial: [] as number[] };
  let counts = { requests: 0, bytes: 0 };
  let isByTable = true;
  for (let round = 0; round < Number(values.rounds); round++) {
    const whole = await step('scan it whole', () => scan(target, advisories, []));
    take();
    const partial = await step('scan it in parts', () => scan(target, advisories, ['--partial']));
    counts = take();
    isByTable = compareReports(JSON.parse(partial.stdout) as Report, JSON.parse(whole.stdout) as Report);
    times.whole.push(whole.wallMs);
    times.partial.push(partial.wallMs);
  }
  const share = counts.bytes / storedBytes(name);
  const [whole, partial] = [median(times.whole), median(times.partial)];
  console.log(
    `  ${counts.bytes} bytes, ${(share * 100).toFixed(1)} % of the image, in ${counts.requests} requests; ${partial.toFixed(0)} ms instead of ${whole.toFixed(0)} ms, ratio ${(partial / whole).toFixed(2)}`,
  );
  if (!isByTable) console.log('  whole layer, as designed');
  // The targets are of this image. A small one takes as long as the command needs to start.
  if (!isByTable || values.image !== 'debian-multi') return;
  if (share > format.share) misses.push(`${name}: too many bytes`);
  if (counts.requests > requestsMax) misses.push(`${name}: too many requests`);
  if (partial / whole > format.wallRatio) misses.push(`${name}: too slow`);
}

const layout = join(images, 'oci', values.image);
console.log(values.image);
const advisories = await loadAdvisories();
await repack(layout);
const proxy = await countingProxy(await startRegistry());
const { port, server } = await slowLink(proxy.port, link);
for (const each of Object.entries(formats)) {
  const [name] = each;
  console.log(name);
  const target = `registry:127.0.0.1:${port}/${name}`;
  await compareFormat(each, { target, advisories }, () => proxy.take());
}
server.close();
proxy.close();
for (const miss of misses) console.log(miss);
process.exit(misses.length === 0 ? 0 : 1);
