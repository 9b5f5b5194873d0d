import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { LookupFunction } from 'node:net';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { serveHttp } from '../../testing/http-server.ts';
import { collectAll } from '../../testing/streams.ts';
import { displayUrl } from './http-client.ts';
import { type DownloadProgress, type HttpOptions, httpGet } from './http-get.ts';
import { HttpError } from './http-rules.ts';

async function textOf(url: string, options: HttpOptions = {}): Promise<string> {
  const file = await httpGet(url, options);
  assert.ok(typeof file === 'object', `expected a file, not ${JSON.stringify(file)}`);
  return Buffer.concat(await collectAll(file.body)).toString();
}

/** Starts a server with one responder for each request. Returns its URL, the requests, and the pauses of the client in milliseconds. */
async function sequence(context: TestContext, responders: readonly RequestListener[]) {
  const requests: IncomingMessage[] = [];
  const delays: number[] = [];
  const url = await serveHttp(context, (request, response) => {
    requests.push(request);
    responders[Math.min(requests.length, responders.length) - 1]?.(request, response);
  });
  const sleep = (ms: number) => {
    delays.push(ms);
    return Promise.resolve();
  };
  return { url, requests, delays, sleep };
}

function status(code: number, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => response.writeHead(code, headers).end();
}

function text(body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => response.writeHead(200, headers).end(body);
}

test('sends the headers of the request and returns the file', async (context) => {
  const { url, requests } = await sequence(context, [text('content')]);
  assert.equal(await textOf(`${url}/a?b=c`, { headers: { 'if-none-match': '"x"' } }), 'content');
  assert.equal(requests[0]?.url, '/a?b=c');
  assert.equal(requests[0].headers['if-none-match'], '"x"');
});

test('decompresses the body when the server compresses it with gzip', async (context) => {
  const body = gzipSync('content '.repeat(1000));
  const url = await serveHttp(context, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
  });
  const seen: DownloadProgress[] = [];
  assert.equal((await textOf(url, { onProgress: (progress) => seen.push(progress) })).length, 8000);
  assert.equal(seen.at(-1)?.receivedBytes, 8000);
  assert.equal(seen.at(-1)?.totalBytes, undefined);
});

test('decodes every content coding, and several in reverse order', async (context) => {
  const text = 'content '.repeat(1000);
  const codings: readonly (readonly [string, Buffer])[] = [
    ['x-gzip', gzipSync(text)],
    ['Deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['gzip, identity, br', brotliCompressSync(gzipSync(text))],
    ['aws-chunked', Buffer.from(text)],
  ];
  for (const [coding, body] of codings) {
    const url = await serveHttp(context, (_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(body);
    });
    assert.equal(await textOf(url), text, coding);
  }
});

test('causes no unhandled error when a compressed body is cut or not read', async (context) => {
  const body = gzipSync('content '.repeat(1000));
  const answer = (code: number, bytes: Buffer): RequestListener => {
    return (_request, response) => response.writeHead(code, { 'content-encoding': 'gzip' }).end(bytes);
  };
  const cut = await serveHttp(context, answer(200, body.subarray(0, -4)));
  await assert.rejects(textOf(cut), /^HttpError: broken off after \d+ bytes: unexpected end of file/);
  assert.equal(await httpGet(await serveHttp(context, answer(404, body))), 'not-found');
});

test('reports the received bytes and the total', async (context) => {
  const url = await serveHttp(context, text('0123456789', { 'content-length': '10' }));
  const seen: DownloadProgress[] = [];
  await textOf(`${url}/a?secret`, { onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(seen.at(-1), { url: `${url}/a`, receivedBytes: 10, totalBytes: 10 });
});

test('returns not-modified for 304, and not-found for 404 and 410', async (context) => {
  assert.equal(await httpGet(await serveHttp(context, status(304))), 'not-modified');
  assert.equal(await httpGet(await serveHttp(context, status(404))), 'not-found');
  assert.equal(await httpGet(await serveHttp(context, status(410))), 'not-found');
});

test('retries a 5xx response after 500 ms, then after 1 s', async (context) => {
  const { url, requests, delays, sleep } = await sequence(context, [
    status(503),
    status(500),
    text('at last'),
  ]);
  assert.equal(await textOf(url, { sleep }), 'at last');
  assert.equal(requests.length, 3);
  assert.deepEqual(delays, [500, 1000]);
});

test('fails after three attempts when the server keeps failing', async (context) => {
  const { url, requests, sleep } = await sequence(context, [status(500)]);
  await assert.rejects(httpGet(url, { sleep }), { name: 'HttpError', message: 'HTTP 500 (3 attempts)' });
  assert.equal(requests.length, 3);
});

test('retries when the connection cannot be made or is dropped', async (context) => {
  const { url, requests, sleep } = await sequence(context, [
    (request) => request.socket.destroy(),
    text('late'),
  ]);
  assert.equal(await textOf(url, { sleep }), 'late');
  assert.equal(requests.length, 2);
  await assert.rejects(
    httpGet('http://127.0.0.1:1/', { sleep }),
    /^HttpError: .*(bad port|Connection refused)/,
  );
});

test('waits for the time in Retry-After, and fails when that is too long', async (context) => {
  const soon = await sequence(context, [status(429, { 'retry-after': '7' }), text('ok')]);
  assert.equal(await textOf(soon.url, soon), 'ok');
  assert.deepEqual(soon.delays, [7000]);

  const at = new Date(Date.now() + 20_000).toUTCString();
  const dated = await sequence(context, [status(503, { 'retry-after': at }), text('ok')]);
  assert.equal(await textOf(dated.url, dated), 'ok');
  assert.ok((dated.delays[0] ?? 0) > 15_000 && (dated.delays[0] ?? 0) <= 20_000);

  const never = await sequence(context, [status(429, { 'retry-after': '86400' })]);
  await assert.rejects(httpGet(never.url, never), { message: 'HTTP 429' });
  assert.equal(never.requests.length, 1);
});

test('does not retry when another status refuses the request', async (context) => {
  for (const code of [400, 401, 403, 206, 204, 300]) {
    const { url, requests, sleep } = await sequence(context, [status(code)]);
    await assert.rejects(httpGet(url, { sleep }), { name: 'HttpError', message: `HTTP ${code}` });
    assert.equal(requests.length, 1);
  }
});

test('follows redirects up to the limit', async (context) => {
  const url = await serveHttp(context, (request, response) => {
    const left = Number(request.url?.slice(1));
    if (left > 0) response.writeHead(302, { location: `/${left - 1}` });
    response.end('there');
  });
  assert.equal(await textOf(`${url}/5`), 'there');
  await assert.rejects(httpGet(`${url}/6`), { name: 'HttpError', message: 'more than 5 redirects' });
});

test('follows no redirect to another scheme or an invalid URL', async (context) => {
  for (const location of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'data:,x', 'http://[']) {
    const { url, requests } = await sequence(context, [status(301, { location })]);
    await assert.rejects(httpGet(url), HttpError, location);
    assert.equal(requests.length, 1);
  }
});

test('sends the credentials of the URL to its own origin only', async (context) => {
  const other = await sequence(context, [text('there')]);
  const first = await sequence(context, [
    status(307, { location: '/again' }),
    status(307, { location: other.url }),
  ]);
  const url = first.url.replace('//', '//me:p%40ss@');
  assert.equal(await textOf(url), 'there');
  const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  assert.deepEqual(
    first.requests.map(({ headers }) => headers.authorization),
    [basic, basic],
  );
  assert.equal(other.requests[0]?.headers.authorization, undefined);
});

test('sends originHeaders to the first origin only, and headers to every origin', async (context) => {
  const other = await sequence(context, [text('there')]);
  const first = await sequence(context, [
    status(302, { location: '/again' }),
    status(302, { location: other.url }),
  ]);
  const options = { headers: { 'user-agent': 'clair' }, originHeaders: { 'private-token': 'secret' } };
  assert.equal(await textOf(first.url, options), 'there');
  const sent = [...first.requests, ...other.requests].map(({ headers }) => [
    headers['user-agent'],
    headers['private-token'],
  ]);
  assert.deepEqual(sent, [
    ['clair', 'secret'],
    ['clair', 'secret'],
    ['clair', undefined],
  ]);
});

test('does not send headers and credentials again when another origin redirects back', async (context) => {
  const back = { location: '' };
  const other = await sequence(context, [(_, response) => response.writeHead(302, back).end()]);
  const first = await sequence(context, [status(302, { location: other.url }), text('there')]);
  back.location = `${first.url}/chosen-by-the-other`;
  const url = first.url.replace('//', '//me:p%40ss@');
  assert.equal(await textOf(url, { originHeaders: { 'private-token': 'secret' } }), 'there');
  assert.deepEqual(
    first.requests.map(({ url, headers }) => [url, headers.authorization, headers['private-token']]),
    [
      ['/', `Basic ${Buffer.from('me:p@ss').toString('base64')}`, 'secret'],
      ['/chosen-by-the-other', undefined, undefined],
    ],
  );
});

test('calls connect once for each URL, and does not retry when it refuses one', async (context) => {
  const { url, requests, sleep } = await sequence(context, [status(302, { location: '/private' })]);
  const requestsSeen: string[] = [];
  const connect = ({ pathname }: URL) => {
    requestsSeen.push(pathname);
    if (pathname === '/private') throw new HttpError('not there');
    return {};
  };
  await assert.rejects(httpGet(`${url}/public`, { connect, sleep }), { message: 'not there' });
  assert.deepEqual(requestsSeen, ['/public', '/private']);
  assert.equal(requests.length, 1);
  const lookup: LookupFunction = (host, _options, done) => {
    done(new HttpError(`no address of ${host} is to be used`), '');
  };
  const named = url.replace('127.0.0.1', 'localhost');
  await assert.rejects(httpGet(named, { connect: () => ({ lookup }), sleep }), {
    message: 'no address of localhost is to be used',
  });
});

test('accepts web pages, empty bodies and other 2xx when any response is accepted', async (context) => {
  const page = await serveHttp(context, text('<p>', { 'content-type': 'text/html' }));
  assert.equal(await textOf(page, { acceptsAny2xx: true }), '<p>');
  const empty = await serveHttp(context, text('', { 'content-length': '0' }));
  assert.equal(await textOf(empty, { acceptsAny2xx: true }), '');
  assert.equal(await textOf(await serveHttp(context, status(204)), { acceptsAny2xx: true }), '');
});

test('fails when the response is a web page or empty', async (context) => {
  const page = await serveHttp(context, text('<p>Log in', { 'content-type': 'text/html; charset=utf-8' }));
  await assert.rejects(httpGet(page), {
    name: 'HttpError',
    message: 'received a web page instead of a file',
  });
  await assert.rejects(httpGet(await serveHttp(context, text('', { 'content-length': '0' }))), HttpError);
  const chunked = await serveHttp(context, (_request, response) => {
    response.writeHead(200).flushHeaders();
    response.end();
  });
  await assert.rejects(textOf(chunked), { name: 'HttpError', message: 'received an empty file' });
});

test('fails when a file is cut short, with and without a length', async (context) => {
  for (const headers of [{ 'content-length': '1000' }, {}]) {
    const url = await serveHttp(context, (_request, response) => {
      response.writeHead(200, headers).write('half', () => response.destroy());
    });
    await assert.rejects(textOf(url), /^HttpError: broken off after 4 bytes: /);
  }
});

test('fails when the server sends nothing for too long', async (context) => {
  const mute = await sequence(context, [() => undefined]);
  await assert.rejects(httpGet(mute.url, { ...mute, idleMs: 20 }), {
    message: 'nothing received for 0.02 s (3 attempts)',
  });
  const stuck = await serveHttp(context, (_request, response) => void response.writeHead(200).write('half'));
  await assert.rejects(textOf(stuck, { idleMs: 500 }), {
    message: 'broken off after 4 bytes: nothing received for 0.5 s',
  });
});

test('does not count the time of a slow reader as idle time', async (context) => {
  const url = await serveHttp(context, text('content'));
  const file = await httpGet(url, { idleMs: 100 });
  assert.ok(typeof file === 'object');
  const end = performance.now() + 150;
  while (performance.now() < end);
  assert.equal(Buffer.concat(await collectAll(file.body)).toString(), 'content');
});

test('fails with the reason of the signal when the caller aborts', async (context) => {
  const controller = new AbortController();
  const url = await serveHttp(context, (_request, response) => {
    response.writeHead(200).write('half');
    controller.abort(new Error('enough'));
  });
  await assert.rejects(textOf(url, { signal: controller.signal }), { name: 'Error', message: 'enough' });
});

test('displays a URL without its credentials and its query', () => {
  assert.equal(displayUrl('https://me:secret@host:8443/a/b?token=1#c'), 'https://host:8443/a/b');
  assert.equal(displayUrl('nonsense'), 'an invalid URL');
});

test('gives up after the given number of attempts, without another pause', async (context) => {
  let requestsSeen = 0;
  const url = await serveHttp(context, (_, response) => {
    requestsSeen++;
    response.writeHead(429, { 'retry-after': '2' }).end();
  });
  const waited: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waited.push(ms);
  };
  await assert.rejects(httpGet(url, { attempts: 2, sleep }), { message: 'HTTP 429 (2 attempts)' });
  assert.deepEqual([requestsSeen, waited], [2, [2000]]);
  await assert.rejects(httpGet(url, { pauseMsMax: 1999, sleep }), { message: 'HTTP 429' });
  assert.deepEqual([requestsSeen, waited], [3, [2000]]);
});
