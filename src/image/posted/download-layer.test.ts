import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { serveHttp } from '../../testing/http-server.ts';
import { collectAll } from '../../testing/streams.ts';
import { LayerDownload, type LayerDownloadOptions } from './download-layer.ts';

async function get(url: string, options: Partial<LayerDownloadOptions> = {}): Promise<string> {
  const sleep = (): Promise<void> => Promise.resolve();
  const pieces = await collectAll(new LayerDownload({ headers: {}, sleep, ...options, url }));
  return Buffer.concat(pieces).toString();
}

function status(code: number): RequestListener {
  return (_request, response) => response.writeHead(code).end();
}

const missing = { code: 'layer-not-found' };

/** Starts a server that records the headers of its requests. */
async function recordingServer(context: TestContext, listener: RequestListener) {
  const seen: IncomingHttpHeaders[] = [];
  const url = await serveHttp(context, (request, response) => {
    seen.push(request.headers);
    listener(request, response);
  });
  return { url, seen };
}

test('sends the given headers and the name of the program', async (context) => {
  const { url, seen } = await recordingServer(context, (_request, response) => response.end('layer'));
  assert.equal(await get(url, { headers: { Authorization: 'Bearer tok', 'X-Test': '1' } }), 'layer');
  assert.equal(seen[0]?.authorization, 'Bearer tok');
  assert.equal(seen[0]['x-test'], '1');
  assert.equal(seen[0]['user-agent'], 'clair');
  await get(url, { headers: { 'User-Agent': 'mine', Host: 'other.example.org', 'Content-Length': '7' } });
  assert.equal(seen[1]?.['user-agent'], 'mine');
  assert.equal(seen[1].host, new URL(url).host);
  assert.equal(seen[1]['content-length'], undefined);
});

test('asks for no compressed transfer unless the headers do, and does not send the fragment of a URL', async (context) => {
  const urls: (string | undefined)[] = [];
  const { url, seen } = await recordingServer(context, ({ url: path }, response) => {
    urls.push(path);
    response.end('layer');
  });
  await get(`${url}/a?sig=b%2Fc#part`, { isBulk: true });
  await get(`${url}/a`, { isBulk: true, headers: { 'Accept-Encoding': 'gzip' } });
  assert.deepEqual(urls, ['/a?sig=b%2Fc', '/a']);
  assert.deepEqual(
    seen.map((headers) => headers['accept-encoding']),
    ['identity', 'gzip'],
  );
});

test('throws layer-not-found for a response without bytes, and for a web page, when a layer with content is expected', async (context) => {
  const page = await serveHttp(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('\n<html>Log in</html>');
  });
  const empty = await serveHttp(context, status(200));
  const mislabelled = await serveHttp(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('layer');
  });
  const expected = { expectsContent: true };
  await assert.rejects(get(page, expected), { ...missing, message: /the response is a web page$/ });
  await assert.rejects(get(empty, expected), { ...missing, message: /the response has no bytes$/ });
  assert.equal(await get(mislabelled, expected), 'layer');
  assert.equal(await get(empty), '');
});

test('drops headers when a redirect leads to another origin', async (context) => {
  const other = await recordingServer(context, (_request, response) => response.end('layer'));
  const first = await recordingServer(context, (request, response) => {
    response.writeHead(302, { location: request.url === '/' ? '/again' : other.url }).end();
  });
  const headers = { Authorization: 'Bearer tok', Cookie: 'a=b', 'X-Secret': '1' };
  assert.equal(await get(`${first.url}/`, { headers }), 'layer');
  assert.deepEqual(
    first.seen.map(({ authorization }) => authorization),
    ['Bearer tok', 'Bearer tok'],
  );
  const [{ authorization, cookie, 'x-secret': secret, 'user-agent': agent } = {}] = other.seen;
  assert.deepEqual([authorization, cookie, secret, agent], [undefined, undefined, undefined, 'clair']);
});

test('throws layer-not-found when the response is not a layer', async (context) => {
  for (const code of [400, 401, 403, 404, 410, 300, 304, 500, 503])
    await assert.rejects(get(await serveHttp(context, status(code))), missing, `${code}`);
  for (const url of ['http://127.0.0.1:1/', 'http://%zz/', 'http://', 'https://['])
    await assert.rejects(get(url), missing, url);
  const page = await serveHttp(context, (_request, response) => response.end());
  for (const headers of [{ 'bad header': 'x' }, { good: 'x\r\ny' }, { '': 'x' }])
    await assert.rejects(get(page, { headers }), missing);
  await assert.rejects(
    get(page, { headers: { good: 'secret\n' } }),
    (error: Error) => !/secret/.test(error.message),
  );
});

test('accepts any 2xx response as a layer, whatever its type and size', async (context) => {
  const url = await serveHttp(context, (_request, response) => {
    response.writeHead(203, { 'content-type': 'text/html' }).end('layer');
  });
  assert.equal(await get(url), 'layer');
  assert.equal(await get(await serveHttp(context, status(200))), '');
  const zipped = await serveHttp(context, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('layer'));
  });
  assert.equal(await get(zipped), 'layer');
});

test('throws layer-interrupted when the download breaks off, and limit-exceeded when it stalls or never ends', async (context) => {
  const cut = await serveHttp(context, (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('half', () => response.destroy());
  });
  await assert.rejects(get(cut), {
    code: 'layer-interrupted',
    message: /^layer http:.*broken off after 4 bytes/,
  });
  const mute = await serveHttp(context, () => undefined);
  await assert.rejects(get(mute, { idleMs: 10 }), { code: 'limit-exceeded', limit: 'idleMs' });
  const stuck = await serveHttp(context, (_request, response) => void response.writeHead(200).write('half'));
  await assert.rejects(get(stuck, { idleMs: 10 }), { code: 'limit-exceeded', limit: 'idleMs' });
  const large = await serveHttp(context, (_request, response) => response.end('123456'));
  await assert.rejects(get(large, { bytesMax: 5 }), { code: 'limit-exceeded', limit: 'layerDownloadBytes' });
  assert.equal(await get(large, { bytesMax: 6 }), '123456');
});

test('fails when a server sends too few bytes per second', async (context) => {
  const url = await serveHttp(context, (_request, response) => {
    const drip = setInterval(() => response.write('x'), 20);
    response.once('close', () => {
      clearInterval(drip);
    });
  });
  await assert.rejects(get(url, { idleMs: 200 }), { code: 'limit-exceeded', limit: 'idleBytes' });
});
