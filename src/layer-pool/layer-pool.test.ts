import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as z from 'zod/mini';
import { type SourceSettings, sourcePolicy } from '../image/posted/source-policy.ts';
import { type Digest, parseDigest } from '../model/digest.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { testAuthority } from '../testing/certificates.ts';
import { corpusTest } from '../testing/corpus.ts';
import { serveHttp } from '../testing/http-server.ts';
import { missingTool, runTool } from '../testing/image-builder.ts';
import { readExchanges, recordings } from '../testing/recordings.ts';
import { tar } from '../testing/tar-writer.ts';
import { type LayerPool, type LayerPoolOptions, openLayerPool } from './layer-pool.ts';
import type { LayerReadStats } from './layer-read-context.ts';

const scratch = mkdtempSync(join(tmpdir(), 'clair-pool-'));
after(() => {
  rmSync(scratch, { recursive: true });
});

const openPolicy: SourceSettings = { policy: 'open', schemes: [], hosts: [], networks: [], directories: [] };

/** Returns a pool that ends with the test, and the statistics of the layers that it read. */
function poolOf(
  context: TestContext,
  options: Partial<LayerPoolOptions> = {},
): { pool: LayerPool; stats: LayerReadStats[] } {
  const stats: LayerReadStats[] = [];
  const pool = openLayerPool({
    script: new URL('../layer-worker.ts', import.meta.url),
    policy: sourcePolicy(openPolicy),
    onRead: (reading) => stats.push(reading),
    ...options,
    bounds: { sleep: () => Promise.resolve(), ...options.bounds },
  });
  context.after(() => pool[Symbol.asyncDispose]());
  return { pool, stats };
}

interface ReadRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly format?: 'docker' | 'aci';
  readonly storedDigest?: Digest;
  readonly signal?: AbortSignal;
}

function read(pool: LayerPool, path: string, request: ReadRequest = {}): Promise<LayerIndex> {
  const { signal = new AbortController().signal, ...source } = request;
  return pool.reader([])({ path, headers: {}, format: 'docker', ...source }, { links: [], signal });
}

function names(index: LayerIndex): string[] {
  return index.packages.flatMap(({ packages }) => packages.map(({ name }) => name));
}

/** Returns incompressible bytes, the same in every run. */
function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * i) >> 8;
  return bytes;
}

const status = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n\n`;
const layer = Buffer.from(
  tar([
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
    { path: 'var/lib/dpkg/status', content: status('base') },
    // Larger than all buffers between the threads, and incompressible.
    { path: 'opt/large', content: noise(1_300_000) },
  ]),
);
const diffId = `sha256:${createHash('sha256').update(layer).digest('hex')}`;

test('returns the same index when a layer is read from a file and from a server', async (context) => {
  const { pool, stats } = poolOf(context);
  const url = await serveHttp(context, (_request, response) => response.end(layer));
  const file = join(scratch, 'layer.tar');
  writeFileSync(file, layer);
  const [local, remote] = [await read(pool, file), await read(pool, url)];
  assert.deepEqual(local, remote);
  assert.deepEqual(names(local), ['base']);
  assert.equal(local.diffId, diffId);
  assert.deepEqual(
    stats.map(({ bytes, outcome }) => [bytes, outcome]),
    [
      [0, 'read'],
      [layer.length, 'read'],
    ],
  );
  assert.ok(stats.every(({ seconds }) => seconds > 0));
});

async function assertRead(context: TestContext, bytes: Uint8Array, headers = {}): Promise<void> {
  const { pool } = poolOf(context, { threads: 1 });
  const url = await serveHttp(context, (_request, response) => response.writeHead(200, headers).end(bytes));
  assert.equal((await read(pool, url)).diffId, diffId);
}

test('decompresses the layer and the transport encoding', async (context) => {
  await assertRead(context, gzipSync(layer));
  await assertRead(context, zstdCompressSync(layer));
  await assertRead(context, gzipSync(gzipSync(layer)), { 'content-encoding': 'gzip' });
});

for (const tool of ['xz', 'bzip2']) {
  test(`reads a layer when it is compressed by ${tool}`, { skip: missingTool(tool) }, async (context) => {
    await assertRead(context, runTool(tool, ['-c'], layer));
  });
}

test('takes rootfs as the root when the format is aci, and the top of the archive otherwise', async (context) => {
  const { pool } = poolOf(context);
  const file = join(scratch, 'aci.tar');
  writeFileSync(
    file,
    tar([
      { path: 'manifest', content: '{"acKind":"ImageManifest"}' },
      { path: 'rootfs/var/lib/dpkg/status', content: status('below') },
      { path: 'var/lib/dpkg/status', content: status('above') },
    ]),
  );
  assert.deepEqual(names(await read(pool, file, { format: 'aci' })), ['below']);
  assert.deepEqual(names(await read(pool, file)), ['above']);
});

test('returns an empty index when the layer has no bytes or no members', async (context) => {
  const { pool } = poolOf(context);
  const empty = await serveHttp(context, (_request, response) => response.end());
  const tarball = await serveHttp(context, (_request, response) => response.end(tar([])));
  for (const url of [empty, tarball]) assert.deepEqual((await read(pool, url)).packages, []);
  const ofNothing = createHash('sha256').digest('hex');
  assert.equal((await read(pool, empty)).diffId, `sha256:${ofNothing}`);
});

test('takes a response without bytes for a failure of its server, unless the client names the digest of nothing', async (context) => {
  const { pool } = poolOf(context);
  const empty = await serveHttp(context, (_request, response) => response.end());
  const digestOf = (text: string) =>
    parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`) ?? assert.fail();
  await assert.rejects(read(pool, empty, { storedDigest: digestOf('a layer') }), { code: 'layer-not-found' });
  assert.deepEqual((await read(pool, empty, { storedDigest: digestOf('') })).packages, []);
});

test('reports the reason and keeps the thread when a layer cannot be read', async (context) => {
  const { pool, stats } = poolOf(context, { threads: 1 });
  const garbage = await serveHttp(context, (_request, response) => response.end(layer.subarray(1000)));
  const cut = await serveHttp(context, (_request, response) => {
    response.writeHead(200, { 'content-length': layer.length }).write(layer.subarray(0, 1_000_000), () => {
      response.destroy();
    });
  });
  const gone = await serveHttp(context, (_request, response) => response.writeHead(404).end());
  await assert.rejects(read(pool, garbage), { code: 'target-corrupt', message: /^layer http:.* tar header/ });
  await assert.rejects(read(pool, cut), { code: 'layer-interrupted', message: /broken off/ });
  await assert.rejects(read(pool, gone), { code: 'layer-not-found', message: /^layer http:/ });
  await assert.rejects(read(pool, join(scratch, 'none')), { code: 'layer-not-found' });
  await assert.rejects(read(pool, '/dev/zero'), { code: 'layer-not-found' });
  await assert.rejects(read(pool, scratch), { code: 'target-corrupt' });
  const whole = await serveHttp(context, (_request, response) => response.end(layer));
  assert.equal((await read(pool, whole)).diffId, diffId);
  assert.deepEqual(
    stats.map(({ outcome }) => outcome),
    [
      ...['target-corrupt', 'layer-interrupted', 'layer-not-found', 'layer-not-found', 'layer-not-found'],
      ...['target-corrupt', 'read'],
    ],
  );
});

test('throws source-refused for files and URLs when the policy does not allow them', async (context) => {
  const { pool } = poolOf(context, {
    policy: sourcePolicy({
      ...openPolicy,
      policy: 'strict',
      schemes: ['http'],
      hosts: ['*'],
      directories: [scratch],
    }),
  });
  writeFileSync(join(scratch, 'listed.tar'), layer);
  assert.equal((await read(pool, join(scratch, 'listed.tar'))).diffId, diffId);
  for (const path of [
    '/etc/passwd',
    '/etc/none',
    `${scratch}/../x`,
    'http://127.0.0.1:1/',
    'http://localhost:1/',
  ])
    await assert.rejects(read(pool, path), { code: 'source-refused' }, path);
});

test('verifies certificates unless verification is off', {
  skip: missingTool('openssl'),
}, async (context) => {
  const { key, cert } = testAuthority(context).issue('localhost');
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    response.end(layer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { pool } = poolOf(context);
  await assert.rejects(read(pool, url), { code: 'layer-not-found', message: /certificate/ });
  const trusting = poolOf(context, { policy: sourcePolicy(openPolicy, true) });
  assert.equal((await read(trusting.pool, url)).diffId, diffId);
});

/** A server that holds back its responses until the test sends them. */
async function stalledServer(context: TestContext) {
  const held: ServerResponse[] = [];
  const closed: Promise<void>[] = [];
  let arrived: (() => void) | undefined;
  const answer: RequestListener = (_request, response) => {
    held.push(response);
    closed.push(new Promise((resolve) => response.once('close', resolve)));
    arrived?.();
  };
  const url = await serveHttp(context, answer);
  const until = async (count: number): Promise<void> => {
    while (held.length < count) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
  };
  return { url, held, closed, until };
}

test('reads two layers, queues the third and rejects the fourth when there are two threads', async (context) => {
  const { pool } = poolOf(context, { threads: 2, bounds: { waitingMax: 1, graceMs: 60_000 } });
  const { url, held, until } = await stalledServer(context);
  const reads = [1, 2, 3].map(() => read(pool, url));
  await until(2);
  assert.deepEqual(pool.load(), { threads: 2, busy: 2, waiting: 1 });
  await assert.rejects(read(pool, url), { code: 'busy' });
  held[0]?.end(layer);
  await until(3);
  for (const response of held.slice(1)) response.end(layer);
  for (const index of await Promise.all(reads)) assert.equal(index.diffId, diffId);
  assert.deepEqual(pool.load(), { threads: 2, busy: 0, waiting: 0 });
});

test('frees the thread when a server is slow to respond, and rejects reads when too many wait', async (context) => {
  const { pool, stats } = poolOf(context, { threads: 1, bounds: { waitingMax: 1, graceMs: 0 } });
  const { url, held, until } = await stalledServer(context);
  const file = join(scratch, 'quick.tar');
  writeFileSync(file, layer);
  const slow = read(pool, url);
  await until(1);
  assert.equal((await read(pool, file)).diffId, diffId);
  assert.deepEqual(pool.load(), { threads: 1, busy: 0, waiting: 1 });
  await assert.rejects(read(pool, url), { code: 'busy' });
  held[0]?.end(layer);
  assert.equal((await slow).diffId, diffId);
  assert.deepEqual(pool.load(), { threads: 1, busy: 0, waiting: 0 });
  assert.deepEqual(
    stats.map(({ outcome, bytes }) => [outcome, bytes]),
    [
      ['read', 0],
      ['busy', 0],
      ['read', layer.length],
    ],
  );
});

test('throws limit-exceeded when a server sends too few bytes per second', async (context) => {
  const { pool } = poolOf(context, { bounds: { idleMs: 200 } });
  const url = await serveHttp(context, (_request, response) => {
    const drip = setInterval(() => response.write('x'), 20);
    response.once('close', () => {
      clearInterval(drip);
    });
  });
  await assert.rejects(read(pool, url), { code: 'limit-exceeded', limit: 'idleBytes' });
});

test('ends the download and keeps the thread when the caller aborts', async (context) => {
  const { pool, stats } = poolOf(context, { threads: 1 });
  const { url, held, closed, until } = await stalledServer(context);
  const client = new AbortController();
  const abandoned = read(pool, url, { signal: client.signal });
  await until(1);
  held[0]?.write(layer.subarray(0, 1_000_000));
  client.abort(new Error('the client went away'));
  await assert.rejects(abandoned, { message: 'the client went away' });
  await closed[0];
  const next = read(pool, url);
  await until(2);
  held[1]?.end(layer);
  assert.equal((await next).diffId, diffId);
  assert.deepEqual(
    stats.map(({ outcome }) => outcome),
    ['cancelled', 'read'],
  );
});

test('ends the download early when a layer is corrupt from the start', async (context) => {
  const { pool } = poolOf(context);
  const { url, held, closed, until } = await stalledServer(context);
  const garbage = read(pool, url);
  await until(1);
  // Not ended here: the response ends only when the client closes the connection.
  held[0]?.write(Buffer.alloc(1_000_000, 'x'));
  await assert.rejects(garbage, { code: 'target-corrupt' });
  await closed[0];
});

test('throws limit-exceeded when a layer takes too much time or memory', async (context) => {
  const { url } = await stalledServer(context);
  const slow = poolOf(context, { bounds: { layerMs: 20 } });
  await assert.rejects(read(slow.pool, url), { code: 'limit-exceeded', limit: 'layerMs' });
  const idle = poolOf(context, { bounds: { idleMs: 10 } });
  await assert.rejects(read(idle.pool, url), { code: 'limit-exceeded', limit: 'idleMs' });
  // The memory use of a real layer differs between runs. This thread allocates until it fails, and then a new thread goes on.
  const script = new URL('../testing/faulty-layer-worker.ts', import.meta.url);
  const small = poolOf(context, { script, bounds: { heapBytesMax: 64 * 1024 ** 2 }, threads: 1 });
  await assert.rejects(read(small.pool, 'hoards'), { code: 'limit-exceeded', limit: 'layerHeapBytes' });
  assert.deepEqual((await read(small.pool, 'well')).packages, []);
});

const posted = z.object({ Layer: z.object({ Path: z.string(), Headers: z.optional(z.unknown()) }) });

/** Returns what Clair responded to each posted layer, by path: `read` or its error message. */
function recordedAnswers(): Map<string, string> {
  const answers = new Map<string, string>();
  for (const { method, path, status: code, ...bodies } of readExchanges('v1-layers')) {
    if (method !== 'POST' || path !== '/v1/layers') continue;
    const body = z.safeParse(posted, tolerantJson(bodies.request_body ?? ''));
    if (!body.success || body.data.Layer.Headers !== undefined) continue;
    const message = /"Message":"([^"]*)"/.exec(bodies.response_body ?? '')?.[1];
    answers.set(body.data.Layer.Path, code === 201 ? 'read' : (message ?? ''));
  }
  return answers;
}

function tolerantJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error codes for Clair's error messages that reading alone can cause. */
const expectedErrors: Readonly<Record<string, readonly [code: string, limit?: string]>> = {
  'could not find layer': ['layer-not-found'],
  'tarutil: could not extract the archive': ['target-corrupt'],
  'tarutil: could not extract one or more files from the archive: file too big': [
    'limit-exceeded',
    'keptLayerBytes',
  ],
};

corpusTest('reads a layer, or throws an error, when Clair did', async (context) => {
  const { pool } = poolOf(context);
  const server = await serveHttp(context, (request, response) => {
    const { url = '' } = request;
    const [, code, name = url] = /^\/status\/(\d+)\/(.*)$/.exec(url) ?? [];
    if (code === '302') response.writeHead(302, { location: `/${name}` }).end();
    else if (code !== undefined) response.writeHead(Number(code)).end();
    else {
      try {
        response.end(readFileSync(join(recordings, 'layers', name)));
      } catch {
        response.writeHead(404).end();
      }
    }
  });
  let checked = 0;
  for (const [path, answer] of recordedAnswers()) {
    const place = path
      .replace('{layers}', join(recordings, 'layers'))
      .replace('http://127.0.0.1:18080', server);
    const meaning = expectedErrors[answer];
    if (path === '' || path === 'x' || path === '/nonexistent') continue; // stored before, so never read
    checked++;
    if (meaning === undefined) assert.match((await read(pool, place)).diffId ?? '', /^sha256:/, path);
    else {
      const [code, limit] = meaning;
      await assert.rejects(read(pool, place), { code, limit }, path);
    }
  }
  assert.ok(checked > 50, `${checked} layers`);
});
