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

/** A mirror directory with these files, which ends with the test. */
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

/** The same mirror behind HTTP. */
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
  test(`a feed lies in a mirror by ${kind} plain or compressed`, async (context) => {
    assert.deepEqual(await bytesOf(mirrorClient(await place(context, { [file]: content }))), content);
    const gz = await place(context, { [`${file}.gz`]: gzipSync(content) });
    assert.deepEqual(await bytesOf(mirrorClient(gz)), content);
    const zst = await place(context, { [`${file}.zst`]: zstdCompressSync(content) });
    assert.deepEqual(await bytesOf(mirrorClient(zst)), content);
  });

  test(`a feed that a mirror by ${kind} lacks is absent`, async (context) => {
    assert.equal(await mirrorClient(await place(context, { other: content })).get(url), 'absent');
  });

  test(`a compressed feed that is damaged in a mirror by ${kind} is an error`, async (context) => {
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

  test(`an empty file in a mirror by ${kind} is an error`, async (context) => {
    const place0 = await place(context, { [file]: Buffer.alloc(0) });
    await assert.rejects(bytesOf(mirrorClient(place0)), { name: 'ClairError', code: 'feed-unavailable' });
  });
}

test('a server may have undone the compression already', async (context) => {
  const place = await serveHttp(context, (request, response) => {
    if (request.url?.endsWith('.gz'))
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(content));
    else response.writeHead(404).end();
  });
  assert.deepEqual(await bytesOf(mirrorClient(place)), content);
});

test('a mirror is asked below its path, with its own query and credentials', async (context) => {
  const place = await serveHttp(context, (request, response) => {
    assert.equal(request.url, `/deep/${file}?token=1`);
    assert.equal(request.headers.authorization, `Basic ${Buffer.from('me:pw').toString('base64')}`);
    response.end(content);
  });
  const client = mirrorClient(`${place.replace('//', '//me:pw@')}/deep?token=1`);
  assert.deepEqual(await bytesOf(client), content);
});

test('a file is known by its fingerprint until it changes', async (context) => {
  const place = await mirror(context, { [file]: content });
  const client = mirrorClient(place);
  await utimes(join(place, file), 0, 0);
  const fetched = await client.get(url);
  assert.ok(typeof fetched === 'object');
  // When it was put there says nothing about when the vendor wrote it.
  assert.equal(fetched.lastModified, undefined);
  assert.equal(await client.get(url, fetched.fingerprint), 'unchanged');

  // As an archive with normalised times is unpacked over the mirror: same size, same time of modification. The clock of a
  // file system may be coarse, so this is done until it has moved on.
  const { ctimeNs } = await stat(join(place, file), { bigint: true });
  do {
    await writeFile(join(place, file), Buffer.from(content).reverse());
    await utimes(join(place, file), 0, 0);
  } while ((await stat(join(place, file), { bigint: true })).ctimeNs === ctimeNs);
  assert.equal(typeof (await client.get(url, fetched.fingerprint)), 'object');
});

test('no URL leads out of the mirror', async (context) => {
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
      { code: 'feed-unavailable', message: /no path of file names/ },
      outside,
    );
  }
  assert.equal(await client.get('https://v1/%2e%2e/secret.json'), 'absent');
  const spaced = await mirror(context, { 'osv.example/Red Hat/all.zip': content });
  assert.equal(typeof (await mirrorClient(spaced).get('https://osv.example/Red%20Hat/all.zip')), 'object');
});

test('a mirror that is not there is an error, not a mirror without feeds', async (context) => {
  const place = await mirror(context, { file: content });
  for (const wrong of [join(place, 'nowhere'), join(place, 'file')]) {
    await assert.rejects(mirrorClient(wrong).get(url), (error) => {
      assert.ok(error instanceof ClairError);
      assert.equal(error.code, 'feed-unavailable');
      assert.equal(
        error.message,
        `the mirror ${wrong} cannot be used: there is no such directory. Check the mirror.`,
      );
      return true;
    });
  }
});

test('what is no regular file is an error', async (context) => {
  const place = await mirror(context, { [`${file}/x`]: content });
  await assert.rejects(mirrorClient(place).get(url), {
    code: 'feed-unavailable',
    message: /it is no regular file/,
  });
  const looped = await mirror(context, {});
  await symlink('feeds.example.org', join(looped, 'feeds.example.org'));
  await assert.rejects(mirrorClient(looped).get(url), { code: 'feed-unavailable', message: /ELOOP/ });
});

test('progress of a file tells how much of how much', async (context) => {
  const place = await mirror(context, { [file]: content });
  const seen: unknown[] = [];
  await bytesOf(mirrorClient(place, { onProgress: (progress) => seen.push(progress) }));
  const size = content.length;
  assert.deepEqual(seen, [{ url: `file://${place}/${file}`, receivedBytes: size, totalBytes: size }]);
});

test('whoever asked can call reading a file off', async (context) => {
  const place = await mirror(context, { [file]: content });
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(bytesOf(mirrorClient(place, { signal })), { message: 'enough' });
});

test('a page with a query is a file of that name, in a directory and on a server', async (context) => {
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
