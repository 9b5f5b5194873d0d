import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ClairError } from '../../core/errors.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { collectAll } from '../../testing/streams.ts';
import { mirrorClient } from './mirror.ts';

const content = Buffer.from(JSON.stringify({ packages: 'content '.repeat(1000) }));
const url = 'https://feeds.example.org/v1/main.json';
const file = 'feeds.example.org/v1/main.json';

/** Creates a mirror directory with these files, which the end of the test removes. */
async function mirror(context: TestContext, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), 'clair-mirror-'));
  context.after(() => {
    rmSync(place, { recursive: true });
  });
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(place, path)), { recursive: true });
    await writeFile(join(place, path), bytes);
  }
  return place;
}

/** Serves the same mirror over HTTP. */
async function served(context: TestContext, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const place = await mirror(context, files);
  return `${await serveHttp(context, (request, response) => {
    readFile(join(place, (request.url ?? '').replace('/feeds/', ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  })}/feeds/`;
}

async function bytesOf(client: FeedClient, lastFingerprint?: string): Promise<Buffer> {
  const fetched = await client.get(url, lastFingerprint);
  assert.ok(typeof fetched === 'object', `a file, not ${JSON.stringify(fetched)}`);
  return Buffer.concat(await collectAll(fetched.body));
}

for (const [kind, place] of [
  ['a directory', mirror],
  ['HTTP', served],
] as const) {
  test(`reads a feed from a mirror by ${kind}, plain or compressed`, async (context) => {
    assert.deepEqual(await bytesOf(mirrorClient(await place(context, { [file]: content }))), content);
    const gz = await place(context, { [`${file}.gz`]: gzipSync(content) });
    assert.deepEqual(await bytesOf(mirrorClient(gz)), content);
    const zst = await place(context, { [`${file}.zst`]: zstdCompressSync(content) });
    assert.deepEqual(await bytesOf(mirrorClient(zst)), content);
  });

  test(`reports a feed that a mirror by ${kind} lacks as absent`, async (context) => {
    assert.equal(await mirrorClient(await place(context, { other: content })).get(url), 'absent');
  });

  test(`throws when a compressed feed in a mirror by ${kind} is damaged`, async (context) => {
    const compressed = { gz: gzipSync(content), zst: zstdCompressSync(content) };
    for (const [suffix, bytes] of Object.entries(compressed)) {
      const middle = bytes.length >> 1;
      for (const damaged of [bytes.subarray(0, -1), bytes.subarray(0, middle), bytes.fill(0xff, 4, middle)]) {
        const client = mirrorClient(await place(context, { [`${file}.${suffix}`]: damaged }));
        await assert.rejects(bytesOf(client), {
          code: 'feed-corrupt',
          message: new RegExp(`main\\.json\\.${suffix} cannot be decompressed: `),
        });
      }
    }
  });

  test(`throws when a file in a mirror by ${kind} is empty`, async (context) => {
    const place0 = await place(context, { [file]: Buffer.alloc(0) });
    await assert.rejects(bytesOf(mirrorClient(place0)), { name: 'ClairError', code: 'feed-unavailable' });
  });

  test(`opens an empty file in a mirror by ${kind} when the source says that it may be empty`, async (context) => {
    const client = mirrorClient(await place(context, { [file]: Buffer.alloc(0) }));
    const fetched = await client.get(url, undefined, { mayBeEmpty: true });
    assert.ok(typeof fetched === 'object');
    assert.deepEqual(await collectAll(fetched.body), []);
  });
}

test('accepts content that the server has already decompressed', async (context) => {
  const place = await serveHttp(context, (request, response) => {
    if (request.url?.endsWith('.gz'))
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(content));
    else response.writeHead(404).end();
  });
  assert.deepEqual(await bytesOf(mirrorClient(place)), content);
});

test('sends the path, query and credentials of the mirror URL', async (context) => {
  const place = await serveHttp(context, (request, response) => {
    assert.equal(request.url, `/deep/${file}?token=1`);
    assert.equal(request.headers.authorization, `Basic ${Buffer.from('me:pw').toString('base64')}`);
    response.end(content);
  });
  const client = mirrorClient(`${place.replace('//', '//me:pw@')}/deep?token=1`);
  assert.deepEqual(await bytesOf(client), content);
});

test('keeps the fingerprint of a file until the file changes', async (context) => {
  const place = await mirror(context, { [file]: content });
  const client = mirrorClient(place);
  await utimes(join(place, file), 0, 0);
  const fetched = await client.get(url);
  assert.ok(typeof fetched === 'object');
  // The modification time in a mirror is not the vendor's.
  assert.equal(fetched.lastModified, undefined);
  assert.equal(await client.get(url, fetched.fingerprint), 'unchanged');

  // Simulates unpacking an archive with normalised times over the mirror: same size, same modification time. The clock
  // of the file system may be coarse, so this repeats until the change time differs.
  const { ctimeNs } = await stat(join(place, file), { bigint: true });
  do {
    await writeFile(join(place, file), Buffer.from(content).reverse());
    await utimes(join(place, file), 0, 0);
  } while ((await stat(join(place, file), { bigint: true })).ctimeNs === ctimeNs);
  assert.equal(typeof (await client.get(url, fetched.fingerprint)), 'object');
});

test('reads no file outside the mirror for any URL', async (context) => {
  const place = await mirror(context, { 'secret.json': content, [file]: content });
  const client = mirrorClient(join(place, 'feeds.example.org'));
  for (const outside of [
    'https://../secret.json',
    'https://v1/..%2f..%2fsecret.json',
    'https://v1/..%5c..%5csecret.json',
    'https://v1/a%00.json',
    'https://v1//secret.json',
  ]) {
    await assert.rejects(
      client.get(outside),
      { code: 'feed-unavailable', message: /is not a valid file path/ },
      outside,
    );
  }
  assert.equal(await client.get('https://v1/%2e%2e/secret.json'), 'absent');
  const spaced = await mirror(context, { 'osv.example/Red Hat/all.zip': content });
  assert.equal(typeof (await mirrorClient(spaced).get('https://osv.example/Red%20Hat/all.zip')), 'object');
});

test('throws when the mirror does not exist', async (context) => {
  const place = await mirror(context, { file: content });
  for (const wrong of [join(place, 'nowhere'), join(place, 'file')]) {
    await assert.rejects(mirrorClient(wrong).get(url), (error) => {
      assert.ok(error instanceof ClairError);
      assert.equal(error.code, 'feed-unavailable');
      assert.equal(
        error.message,
        `the mirror ${wrong} cannot be used: the directory does not exist. Check the mirror.`,
      );
      return true;
    });
  }
});

test('throws when the path is not a regular file', async (context) => {
  const place = await mirror(context, { [`${file}/x`]: content });
  await assert.rejects(mirrorClient(place).get(url), {
    code: 'feed-unavailable',
    message: /it is not a regular file/,
  });
  const looped = await mirror(context, {});
  await symlink('feeds.example.org', join(looped, 'feeds.example.org'));
  await assert.rejects(mirrorClient(looped).get(url), { code: 'feed-unavailable', message: /ELOOP/ });
});

test('reports the bytes read and the size of a file as progress', async (context) => {
  const place = await mirror(context, { [file]: content });
  const seen: unknown[] = [];
  await bytesOf(mirrorClient(place, { onProgress: (progress) => seen.push(progress) }));
  const size = content.length;
  assert.deepEqual(seen, [{ url: `file://${place}/${file}`, receivedBytes: size, totalBytes: size }]);
});

test('stops reading a file when the caller aborts', async (context) => {
  const place = await mirror(context, { [file]: content });
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(bytesOf(mirrorClient(place, { signal })), { message: 'enough' });
});

test('reads a page with a query from a file of that name, in a directory and on a server', async (context) => {
  const url = 'https://api.example.org/v3/advisories/?page=2&size=100';
  const place = await mirror(context, { 'api.example.org/v3/advisories/index?page=2&size=100': content });
  assert.notEqual(await mirrorClient(place).get(url), 'absent');
  assert.equal(await mirrorClient(place).get('https://api.example.org/v3/advisories/'), 'absent');
  const requests: string[] = [];
  const server = await serveHttp(context, (request, response) => {
    requests.push(request.url ?? '');
    response.writeHead(404).end();
  });
  assert.equal(await mirrorClient(server).get(url), 'absent');
  assert.equal(requests[0], '/api.example.org/v3/advisories/index%3Fpage=2&size=100');
});
