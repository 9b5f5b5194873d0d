import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import type { KnownImage } from '../src/store/known-image-store.ts';
import { type BuiltImage, buildImage, ociFiles, writeFiles } from '../src/testing/image-builder.ts';
import { tar } from '../src/testing/tar-writer.ts';

/**
 * Measures how a server finds what is in a registry: `npm run bench -- watch [--tags N] [--pushes N] [--database URL] [--image LAYOUT:TAG]`.
 * Skopeo pushes images of Alpine with a common base to Debian's docker-registry on this machine. The server walks through it, and gets its
 * notifications. With an image that `npm run image` built, the server runs in the root file system of that image, as its user. This needs
 * root and umoci.
 */
const { values } = parseArgs({
  options: {
    tags: { type: 'string', default: '300' },
    pushes: { type: 'string', default: '10' },
    port: { type: 'string', default: '5012' },
    api: { type: 'string', default: '6062' },
    database: { type: 'string' },
    image: { type: 'string' },
  },
});
const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'clair-bench-watch-'));
/** The root file system of the server, and a directory in it that the server may read and write. */
const { root, inRoot } = values.image === undefined ? { root: '', inRoot: work } : unpack(values.image);
const registry = `127.0.0.1:${values.port}`;
const api = `http://127.0.0.1:${values.api}`;
const secret = 'a-secret-of-the-benchmark';
/** Time within which a push must be seen, and after which a measurement goes on without it, in milliseconds. */
const [promisedMs, seenWithinMs] = [5000, 60_000];
/** User and entry point of the image. */
const imageUser = '65532:65532';
const imageCommand = ['/usr/bin/node', '/usr/lib/clair/dist/bin/clair.js'];
const children: { kill(signal: NodeJS.Signals): boolean }[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
});

startRegistry();
await until(async () => (await fetch(`http://${registry}/v2/`)).ok);
const tags = Array.from(
  { length: Number(values.tags) },
  (_, i) => `team${i % 30}/app:v${Math.floor(i / 30)}`,
);
for (const name of tags) await push(name);
console.log(`${tags.length} tags in ${Math.min(30, tags.length)} repositories of ${registry}`);

const began = performance.now();
await startServer();
await until(async () => (await namedImages()).length >= tags.length);
const named = performance.now() - began;
await checkReports();
console.log(`every tag has a report under its name after ${seconds(named)} from the start of the server`);
await until(async () => (await affected()).size === tags.length);

const pushes = Array.from({ length: Number(values.pushes) }, (_, i) => `team${i % 30}/app:pushed${i}`);
console.log(`push to report: ${await timesOf(pushes, push, true)}`);
console.log(`deletion to the end of the name: ${await timesOf(pushes, remove, false)}`);
process.exit(0);

function startRegistry(): void {
  const config = join(work, 'config.yml');
  const headers = { Authorization: [`Bearer ${secret}`] };
  const url = `${api}/api/v1/webhooks/local`;
  const endpoint = { name: 'clair', url, headers, timeout: '5s', threshold: 5, backoff: '1s' };
  const content = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(work, 'data') }, delete: { enabled: true } },
    http: { addr: registry },
    notifications: { endpoints: [endpoint] },
  };
  writeFileSync(config, JSON.stringify(content));
  children.push(spawn('docker-registry', ['serve', config], { stdio: 'ignore' }));
}

/** Starts a server and waits until it listens. */
async function startServer(): Promise<void> {
  const secdb = join(root, inRoot, 'mirror/secdb.alpinelinux.org/v3.19');
  for (const [reponame, packages] of [
    ['main', [{ pkg: { name: 'busybox', secfixes: { '1.36.1-r0': ['CVE-2026-1'] } } }]],
    ['community', []],
  ] as const) {
    const file = join(secdb, `${reponame}.json`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ distroversion: 'v3.19', reponame, packages }));
  }
  const { database } = values;
  const source = database === undefined ? { path: join(inRoot, 'clair.db') } : { source: database };
  const clair = {
    api: { addr: `127.0.0.1:${values.api}`, healthaddr: '127.0.0.1:0' },
    database: { type: database === undefined ? 'sqlite' : 'pgsql', options: source },
    registries: { local: { host: registry, secret } },
    updater: {
      mirror: join(inRoot, 'mirror'),
      enabledupdaters: ['alpine'],
      sources: { alpine: { feeds: ['v3.19/main', 'v3.19/community'] } },
    },
  };
  const config = join(inRoot, 'clair.json');
  writeFileSync(join(root, config), JSON.stringify({ clair }));
  const serve = ['serve', '--config', config];
  const server =
    root === ''
      ? spawn(join(import.meta.dirname, '../bin/clair'), serve, { stdio: ['ignore', 'ignore', 'pipe'] })
      : spawn('chroot', ['--userspec', imageUser, root, ...imageCommand, ...serve], {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
  children.push(server);
  for await (const line of createInterface({ input: server.stderr }))
    if (line.includes('"msg":"started"')) break;
  server.stderr.resume();
}

/** Unpacks the image of this machine's platform, and makes a directory in it for the server. */
function unpack(layout: string): { readonly root: string; readonly inRoot: string } {
  const one = `${join(work, 'image')}:clair`;
  execFileSync('skopeo', ['copy', '--quiet', `oci:${layout}`, `oci:${one}`]);
  execFileSync('umoci', ['unpack', '--image', one, join(work, 'bundle')], { stdio: 'ignore' });
  const unpacked = join(work, 'bundle/rootfs');
  mkdirSync(join(unpacked, 'tmp/bench'), { mode: 0o777 });
  chmodSync(join(unpacked, 'tmp/bench'), 0o777);
  // The user of the image must reach its root.
  for (const directory of [work, join(work, 'bundle')]) chmodSync(directory, 0o755);
  return { root: unpacked, inRoot: '/tmp/bench' };
}

function imageOf(name: string): BuiltImage {
  const installed = Array.from(
    { length: 100 },
    (_, i) => `C:Q1\nP:${i === 0 ? 'busybox' : `package${i}`}\nV:1.36.0-r0\nA:x86_64\n\n`,
  );
  const base = tar([
    { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
    { path: 'lib/apk/db/installed', content: installed.join('') },
  ]);
  return buildImage({
    compression: 'gzip',
    steps: [{ tar: base }, { tar: tar([{ path: 'name', content: name }]) }],
  });
}

async function push(name: string): Promise<void> {
  const layout = join(work, 'pushed');
  await writeFiles(layout, ociFiles([imageOf(name)]));
  const options = ['--quiet', '--insecure-policy', '--dest-tls-verify=false'];
  await run('skopeo', ['copy', ...options, `oci:${layout}`, `docker://${registry}/${name}`]);
  rmSync(layout, { recursive: true });
}

async function remove(name: string): Promise<void> {
  await run('skopeo', ['delete', '--tls-verify=false', `docker://${registry}/${name}`]);
}

async function namedImages(): Promise<Pick<KnownImage, 'digest' | 'names'>[]> {
  const response = await fetch(`${api}/api/v1/images?limit=1000`);
  const { images } = (await response.json()) as { images: Pick<KnownImage, 'digest' | 'names'>[] };
  return images.filter(({ names }) => names.length > 0);
}

async function checkReports(): Promise<void> {
  for (const { digest } of await namedImages()) {
    const response = await fetch(`${api}/api/v1/images/${digest}/report`);
    const { matches } = (await response.json()) as { matches: unknown[] };
    assert.deepEqual([response.status, matches.length], [200, 1], String(digest));
  }
}

/** Returns the names of all images that the advisory affects, of all pages. */
async function affected(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let after = ''; ; ) {
    const response = await fetch(`${api}/affected/CVE-2026-1?limit=1000${after}`);
    const { images, next } = (await response.json()) as { images: { names: string[] }[]; next?: string };
    for (const { names } of images) for (const name of names) found.add(name);
    if (next === undefined) return found;
    after = `&after=${encodeURIComponent(next)}`;
  }
}

/** Returns the distribution of the times from the end of a change of each name to its effect on the images that are affected. */
async function timesOf(
  names: readonly string[],
  change: (name: string) => Promise<void>,
  isListed: boolean,
): Promise<string> {
  const times: number[] = [];
  for (const name of names) {
    await change(name);
    const start = performance.now();
    const isSeen = async (): Promise<boolean> => (await affected()).has(`${registry}/${name}`) === isListed;
    await until(isSeen, seenWithinMs).catch(() => {
      console.log(`${name} was not seen within a minute`);
    });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (part: number): string => seconds(times[Math.ceil(part * times.length) - 1] ?? 0);
  const late = times.filter((ms) => ms > promisedMs).length;
  return `median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, longest ${at(1)}, ${late} later than 5 s, of ${times.length}`;
}

async function until(isMet: () => Promise<boolean>, withinMs = 600_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isMet().catch(() => false))) {
    assert.ok(performance.now() < deadline, 'not in time');
    await setTimeout(50);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
