/**
 * Checks extracts of layers with a real S3 server, which it installs with Go, and with images of the corpus:
 *
 *     npm run acceptance:extracts -- [IMAGE ...]
 *
 * `CLAIR_TEST_IMAGES` is the directory of the images. Each server reads the same layers with another plugin. All results are compared with
 * those of servers that read the whole layers.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../src/model/report.ts';
import { type ClairServer, startClair } from './extracts/clair-server.ts';
import { layoutRegistry } from './extracts/layout-registry.ts';
import { output } from './image/run-tool.ts';

const root = resolve(import.meta.dirname, '..');
const tools = join(root, '.cache/extract-tools');
const gateway = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
const images = process.env['CLAIR_TEST_IMAGES'];
if (images === undefined) throw new Error('CLAIR_TEST_IMAGES must name the directory of the images');
const [, , ...named] = process.argv;
const names = named.length > 0 ? named : ['debian-multi', 'distroless', 'alpine-3.20.3'];

const [accesskey, secretkey] = ['clair', 'planted-secret-key'];
const s3Port = 17_071;
const place = mkdtempSync(join(tmpdir(), 'clair-extracts-'));
const objects = join(place, 's3');
mkdirSync(join(objects, 'extracts'), { recursive: true });

/** A plugin that lists the sizes of the files that it wants. */
function plugin(version: number, wants: readonly string[]): string {
  const path = join(place, `sizes-${version}.mjs`);
  writeFileSync(
    path,
    `export const plugin = { name: 'sizes', version: '1.0.0', listers: [{
      name: 'sizes', version: ${version}, wants: ${JSON.stringify(wants)},
      ecosystem: { name: 'sizes', versionScheme: 'semver' },
      *list(files) {
        for (const [path, { length }] of files)
          yield { kind: 'package', path, package: { type: 'generic', name: path, version: length + '.0.0' } };
      },
    }] };`,
  );
  return path;
}

const registry = await layoutRegistry(join(images, 'oci'));
let s3: ChildProcess | undefined;
process.on('exit', () => {
  s3?.kill('SIGKILL');
  rmSync(place, { recursive: true, force: true });
});

/** Starts a server whose plugin wants these files, and runs work with it. */
async function withServer(
  plugins: readonly string[],
  changes: object,
  work: (server: ClairServer) => Promise<void>,
): Promise<void> {
  const endpoint = `http://127.0.0.1:${s3Port}`;
  const settings = {
    database: { options: { path: join(place, 'clair.db') } },
    api: { addr: '127.0.0.1:0', healthaddr: '127.0.0.1:0' },
    updater: { interval: '0s' },
    images: { registries: [registry.host] },
    extracts: { keep: 's3', endpoint, bucket: 'extracts', prefix: 'clair/', accesskey, secretkey },
    plugins,
    log: { format: 'json' },
    ...changes,
  };
  const config = join(place, 'config.json');
  writeFileSync(config, JSON.stringify({ clair: settings }));
  const server = await startClair(config);
  try {
    await work(server);
    assert.ok(!server.log.some((line) => line.includes(secretkey)), 'no secret in the log');
  } finally {
    await server.end();
  }
}

/** The parts of a report that depend on layers. */
const resultOf = ({ packages, distro, layers, coverage }: Report): object => ({
  packages,
  distro,
  layers,
  coverage,
});

async function scanAll(server: ClairServer): Promise<string[]> {
  const digests: string[] = [];
  for (const name of names) digests.push(await server.scan(`${registry.host}/${name}:latest`));
  return digests;
}

/** Requires the results that a server without extracts has with the same plugin. */
async function assertLikeWhole(
  plugins: readonly string[],
  digests: readonly string[],
  server: ClairServer,
): Promise<void> {
  const results: object[] = [];
  for (const digest of digests) results.push(resultOf(await server.report(digest)));
  const changes = {
    database: { options: { path: join(place, `whole-${Date.now()}.db`) } },
    extracts: { keep: 'none' },
  };
  await withServer(plugins, changes, async (whole) => {
    await scanAll(whole);
    for (const [i, digest] of digests.entries())
      assert.deepEqual(results[i], resultOf(await whole.report(digest)), names[i]);
  });
}

async function startS3(): Promise<void> {
  mkdirSync(tools, { recursive: true });
  const program = join(tools, 'versitygw');
  process.env['GOBIN'] = tools;
  if (!existsSync(program)) output('go', ['install', gateway], root);
  const account = ['--access', accesskey, '--secret', secretkey];
  const args = ['--quiet', '--port', `127.0.0.1:${s3Port}`, ...account, 'posix', objects];
  s3 = spawn(program, args, { stdio: 'ignore' });
  for (let i = 0; !(await isListening()); i++) {
    assert.ok(i < 200, 'the S3 server does not start');
    await setTimeout(50);
  }
}

async function isListening(): Promise<boolean> {
  const socket = connect(s3Port, '127.0.0.1');
  return await new Promise<boolean>((answer) => {
    socket
      .on('connect', () => {
        answer(true);
      })
      .on('error', () => {
        answer(false);
      });
  }).finally(() => socket.destroy());
}

/** Returns the files of the objects. */
const objectFiles = (): string[] =>
  readdirSync(objects, { recursive: true, encoding: 'utf8' })
    .filter((path) => /v1\/sha256\/[0-9a-f]{64}$/.test(path))
    .map((path) => join(objects, path));

function report(step: string, ...details: readonly unknown[]): void {
  console.log(step, ...details.map((detail) => JSON.stringify(detail)));
}

await startS3();
let digests: string[] = [];
await withServer([], {}, async (server) => {
  digests = await scanAll(server);
  report('scanned', await server.counter('clair_extract_writes_total'), registry.counts);
});
const layers = objectFiles().length;
assert.ok(layers > 0);
const before = { ...registry.counts };

const held = [plugin(1, ['etc/os-release', 'var/lib/dpkg/info/*.list'])];
await withServer(held, {}, async (server) => {
  for (const digest of digests) await server.report(digest);
  assert.deepEqual(registry.counts, before, 'a report asks the registry for nothing');
  const reads = await server.counter('clair_extract_reads_total');
  assert.deepEqual(reads, { used: layers });
  report('another plugin: reports without the registry', reads);
  await scanAll(server);
  assert.equal(registry.counts.blobs - before.blobs, names.length, 'only the configurations of the images');
  await assertLikeWhole(held, digests, server);
  report('equal to reports of whole layers');
});

const missing = [plugin(2, ['etc/issue', 'etc/motd', 'etc/profile'])];
await withServer(missing, {}, async (server) => {
  await scanAll(server);
  const reads = await server.counter('clair_extract_reads_total');
  assert.ok((reads['incomplete'] ?? 0) > 0);
  report('a plugin that wants other files', reads);
  await assertLikeWhole(missing, digests, server);
  report('equal to reports of whole layers');
});

const corrupted = objectFiles();
for (const [i, path] of corrupted.entries()) {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
  if (i % 2 === 0) writeFileSync(path, bytes);
  else writeFileSync(path, bytes.subarray(0, -1));
}
const other = [plugin(3, ['etc/issue'])];
await withServer(other, {}, async (server) => {
  await scanAll(server);
  const reads = await server.counter('clair_extract_reads_total');
  assert.deepEqual(reads, { damaged: corrupted.length });
  report('damaged objects', reads, await server.counter('clair_extract_writes_total'));
  await assertLikeWhole(other, digests, server);
});

await withServer([plugin(4, ['etc/issue'])], {}, async (server) => {
  const [first = '', ...rest] = names;
  await server.scan(`${registry.host}/${first}:latest`);
  s3?.kill('SIGKILL');
  for (const name of rest) await server.scan(`${registry.host}/${name}:latest`);
  report('S3 server killed midway', await server.counter('clair_extract_reads_total'));
});

await startS3();
const wrong = {
  extracts: {
    keep: 's3',
    endpoint: `http://127.0.0.1:${s3Port}`,
    bucket: 'extracts',
    prefix: 'clair/',
    accesskey,
    secretkey: 'another-key',
  },
};
await withServer([plugin(5, ['etc/issue'])], wrong, async (server) => {
  await scanAll(server);
  report('wrong key', await server.counter('clair_extract_reads_total'));
  assert.ok(server.log.some((line) => line.includes('403 SignatureDoesNotMatch')));
});
registry.close();
report('all checks passed', { images: names, layers });
process.exit(0);
