import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { openRepository } from '../image/registry/open-registry-image.ts';
import { parseReference } from '../image/registry/reference.ts';
import { memoryRegistry } from '../testing/memory-registry.ts';
import { incompressibleBytes, publishFiles } from '../testing/published-layout.ts';
import {
  anyPlace,
  blobOf,
  contentOf,
  first,
  hourMs,
  other,
  placeAt,
  placesDeps,
  publishedScene,
  requestsTo,
  sceneMs,
  second,
} from '../testing/published-scene.ts';
import { temporaryDirectory } from '../testing/shard-files.ts';
import { directoryPlace } from './directory-place.ts';
import { HttpPlace } from './http-place.ts';
import { blobPath, findDatabase } from './layout.ts';
import { PublishedPlaces, type ShardLookup } from './published-places.ts';
import { registryPlace } from './registry-place.ts';
import type { TrustPolicy } from './trust-policy.ts';

test('fetches only the namespaces that are wanted, and asks the place again after two hours with one small request', async (t) => {
  const s = await publishedScene(t);
  assert.equal(contentOf(await s.find()), 'first');
  const [index, manifest, shard, ...more] = requestsTo(s.server);
  assert.deepEqual([index, manifest?.startsWith('blobs/'), shard, more], ['index.json', true, blobOf(s), []]);
  assert.equal(contentOf(await s.find('debian:12', { afterMs: hourMs })), 'first');
  assert.deepEqual(requestsTo(s.server), []);
  assert.equal(contentOf(await s.find('debian:12', { afterMs: 3 * hourMs })), 'first');
  const [again] = s.server.requests;
  assert.deepEqual([again?.path, again?.status, again?.bytes], ['index.json', 304, 0]);
  assert.equal(requestsTo(s.server).length, 1);
  await s.find('debian:12', { afterMs: 4 * hourMs });
  assert.deepEqual(requestsTo(s.server), []);
});

test('asks a place again when the clock was set back or ahead by a year', async (t) => {
  const s = await publishedScene(t);
  await s.find();
  for (const years of [-1, 1]) {
    requestsTo(s.server);
    await s.find('debian:12', { afterMs: years * 365 * 24 * hourMs });
    assert.deepEqual(requestsTo(s.server), ['index.json'], `${years} years`);
  }
});

const end =
  (status: number, headers = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end();
  };

const failures: readonly (readonly [
  fault: string,
  answer: (response: ServerResponse, content: Buffer) => void,
  message: RegExp,
])[] = [
  ['has no such file', end(404), /HTTP 404/],
  ['limits its clients', end(429, { 'retry-after': '3600' }), /HTTP 429/],
  ['fails', end(503), /HTTP 503/],
  [
    'is another page',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    /received a web page instead of a file/,
  ],
  [
    'breaks connections',
    (response, content) => {
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 40), () => {
        response.destroy();
      });
    },
    /broken off after 40 bytes|failed repeatedly after 40 bytes/,
  ],
  [
    'sends other bytes',
    (response, content) => response.end(Buffer.alloc(content.length, 7)),
    /its digest is sha256:\w+ instead of|is not JSON/,
  ],
  [
    'sends more bytes',
    (response, content) => response.end(Buffer.concat([content, content])),
    /more than the \d+ bytes in its descriptor|is not JSON|its digest is/,
  ],
];

for (const [fault, answer, message] of failures)
  for (const part of ['index', 'manifest', 'shard'] as const)
    test(`asks the next place, and then uses the older file, when the first place ${fault}: ${part}`, async (t) => {
      const spare = temporaryDirectory(t);
      await publishFiles(spare, { 'debian:12': other });
      const s = await publishedScene(t, [directoryPlace(spare)]);
      const isPart = (url: string): boolean =>
        part === 'index' ? url === '/index.json' : (url === `/${blobOf(s)}`) === (part === 'shard');
      s.server.intercept = ({ url = '' }, response, content) => {
        if (!isPart(url) || (part === 'manifest' && url === '/index.json')) return false;
        answer(response, content);
        return true;
      };
      assert.equal(contentOf(await s.find()), 'other');
      const alone = new PublishedPlaces([{ place: s.place, digest: undefined }], placesDeps(s.cache));
      const missing = await alone.find('debian:12');
      assert.equal(missing.found, undefined);
      assert.match(missing.failures[0]?.message ?? '', message);
      const { intercept } = s.server;
      s.server.intercept = () => false;
      const fetchAt = async (afterMs: number): Promise<ShardLookup> =>
        await new PublishedPlaces([{ place: s.place, digest: undefined }], placesDeps(s.cache, afterMs)).find(
          'debian:12',
        );
      assert.equal(contentOf(await fetchAt(0)), 'first');
      await publishFiles(s.directory, { 'debian:12': incompressibleBytes(40_000, 'third') });
      s.server.intercept = intercept;
      const older = await fetchAt(3 * hourMs);
      assert.equal(contentOf(older), 'first');
      assert.match(older.failures[0]?.message ?? '', message);
    });

test('reports a place that cannot be reached, and asks none without network', async (t) => {
  const s = await publishedScene(t);
  const nowhere = placeAt('http://127.0.0.1:9');
  const places = (isOffline: boolean): PublishedPlaces =>
    new PublishedPlaces([{ place: nowhere, digest: undefined }], { ...placesDeps(s.cache), isOffline });
  const down = await places(false).find('debian:12');
  assert.match(down.failures[0]?.message ?? '', /^cannot reach 127\.0\.0\.1:9: Connection refused/);
  const offline = await places(true).find('debian:12');
  assert.match(offline.failures[0]?.message ?? '', /was not asked: --offline/);
  await s.find();
  requestsTo(s.server);
  const known = await s.find('debian:12', { isOffline: true, afterMs: 3 * hourMs });
  assert.deepEqual([contentOf(known), requestsTo(s.server)], ['first', []]);
});

test('uses the older file of a namespace that a place no longer publishes, and says so', async (t) => {
  const s = await publishedScene(t);
  await s.find();
  await publishFiles(s.directory, { npm: other });
  const kept = await s.find('debian:12', { afterMs: 3 * hourMs });
  const [failure] = kept.failures;
  assert.equal(contentOf(kept), 'first');
  assert.match(failure?.message ?? '', /no longer publishes debian:12/);
  const never = await s.find('debian:13', { afterMs: 3 * hourMs });
  assert.deepEqual([never.found, never.failures], [undefined, []]);
});

test('does not use a catalogue that another policy accepted', async (t) => {
  const s = await publishedScene(t);
  await s.find();
  const strict: TrustPolicy = {
    ...anyPlace,
    id: 'strict',
    check: async () => {
      const { damaged } = await import('./manifest.ts');
      throw damaged('the test', 'it is not signed');
    },
  };
  const refused = await s.find('debian:12', { policy: strict });
  assert.equal(refused.found, undefined);
  assert.match(refused.failures[0]?.message ?? '', /it is not signed/);
});

for (const [state, damage] of [
  [
    'an unfinished catalogue',
    (path: string) => {
      if (path.endsWith('.zst')) truncateSync(path, 10);
    },
  ],
  [
    'no catalogue',
    (path: string) => {
      if (path.endsWith('.zst')) rmSync(path);
    },
  ],
  [
    'an unfinished state',
    (path: string) => {
      if (path.endsWith('.json')) truncateSync(path, 10);
    },
  ],
  [
    'a state of another form',
    (path: string) => {
      if (path.endsWith('.json')) writeFileSync(path, '{"form":2}');
    },
  ],
] as const)
  test(`asks the place again when the cache has ${state}`, async (t) => {
    const s = await publishedScene(t);
    await s.find();
    const folder = join(s.cache, 'catalogues');
    for (const name of readdirSync(folder)) damage(join(folder, name));
    requestsTo(s.server);
    assert.equal(contentOf(await s.find()), 'first');
    assert.equal(requestsTo(s.server).length, 2);
  });

test('removes files that were not used for a week when a new version arrives, and no others', async (t) => {
  const s = await publishedScene(t);
  const old = contentPath(await s.find());
  await s.find('npm');
  const npm = contentPath(await s.find('npm'));
  await publishFiles(s.directory, { 'debian:12': second, npm: other });
  for (const path of [old, npm]) utimesSync(path, new Date(sceneMs), new Date(sceneMs));
  const later = async (days: number): Promise<void> => {
    const afterMs = days * 24 * hourMs;
    const places = new PublishedPlaces([{ place: s.place, digest: undefined }], placesDeps(s.cache, afterMs));
    await places.find('debian:12');
    await places.cleanUp();
  };
  await later(1);
  assert.equal(existsSync(old), true);
  await publishFiles(s.directory, { 'debian:12': first.subarray(1), npm: other });
  await later(9);
  assert.deepEqual([existsSync(old), existsSync(npm)], [false, true]);
});

function contentPath({ found }: ShardLookup): string {
  return found?.path ?? assert.fail();
}

test('refuses a redirect to plain HTTP of another host, and a plain URL of another host', async (t) => {
  const s = await publishedScene(t);
  s.server.intercept = (_request, response) => {
    response.writeHead(302, { location: 'http://feeds.example/index.json' }).end();
    return true;
  };
  const {
    failures: [failure],
  } = await s.find();
  assert.match(failure?.message ?? '', /a redirect to plain HTTP is not followed/);
  const url = new URL('http://feeds.example/db/');
  assert.throws(() => new HttpPlace(url, { insecureHosts: new Set() }), { code: 'usage' });
  assert.equal(
    new HttpPlace(url, { insecureHosts: new Set(['feeds.example']) }).name,
    'http://feeds.example/db/',
  );
});

test('stops reading an index that does not end', async (t) => {
  const s = await publishedScene(t);
  function* endless(): Generator<Buffer> {
    for (;;) yield Buffer.alloc(64 * 1024, ' ');
  }
  s.server.intercept = (_request, response) => {
    Readable.from(endless()).pipe(response);
    return true;
  };
  const { failures } = await s.find();
  assert.match(failures[0]?.message ?? '', /index\.json: it has more than 16777216 bytes/);
});

test('pulls from a registry by its tag, and asks it again with one request without content', async (t) => {
  const s = await publishedScene(t);
  const registry = await memoryRegistry(t);
  const { digest } = findDatabase(s.directory) ?? assert.fail();
  for (const name of readdirSync(join(s.directory, 'blobs/sha256')))
    registry.putBlob(readFileSync(join(s.directory, 'blobs/sha256', name)));
  const type = 'application/vnd.oci.image.manifest.v1+json';
  registry.put(JSON.parse(readFileSync(blobPath(s.directory, digest), 'utf8')) as object, type, '1');
  registry.intercept = ({ headers }, response) => {
    if (headers['if-none-match'] !== `"${digest}"`) return false;
    response.writeHead(304).end();
    return true;
  };
  const reference = parseReference(`${registry.host}/app`);
  const place = registryPlace(openRepository(reference, { env: { HOME: '/nowhere' } }));
  const find = async (afterMs: number): Promise<ShardLookup> =>
    await new PublishedPlaces([{ place, digest: undefined }], placesDeps(s.cache, afterMs)).find('debian:12');
  assert.equal(contentOf(await find(0)), 'first');
  assert.deepEqual(
    registry.requests.splice(0).map(({ url }) => url),
    ['/v2/app/manifests/1', `/v2/app/${blobOf(s).replace('sha256/', 'sha256:')}`],
  );
  assert.equal(contentOf(await find(3 * hourMs)), 'first');
  assert.equal(registry.requests.length, 1);
  registry.intercept = () => false;
  registry.manifests.clear();
  const gone = await find(6 * hourMs);
  assert.match(gone.failures[0]?.message ?? '', /^404 from the manifest endpoint of 127\.0\.0\.1/);
  assert.equal(contentOf(gone), 'first');
});

const isMountable =
  process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

test('uses the older file when the disk of the cache is full, and fails without one', {
  skip: !isMountable && 'NOT TESTED: only root can mount a small file system',
}, async (t) => {
  const s = await publishedScene(t);
  assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=120k', 'tmpfs', s.cache]).status, 0);
  try {
    await s.find();
    await publishFiles(s.directory, { 'debian:12': second, npm: other });
    const free = statfsSync(s.cache);
    writeFileSync(join(s.cache, 'filler'), Buffer.alloc(free.bavail * free.bsize));
    const older = await s.find('debian:12', { afterMs: 3 * hourMs });
    assert.equal(contentOf(older), 'first');
    assert.match(older.failures[0]?.message ?? '', /cannot be written: No space left on device/);
    await assert.rejects(s.find('npm', { afterMs: 3 * hourMs }), { code: 'output-failed' });
    assert.deepEqual(readdirSync(join(s.cache, 'shards')), [basename(contentPath(older))]);
  } finally {
    spawnSync('umount', [s.cache]);
  }
});
