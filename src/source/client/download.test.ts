import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { collectAll } from '../../testing/streams.ts';
import { upstreamClient } from './download.ts';

const etag = '"5f3-61"';
const modified = 'Tue, 05 Nov 2024 08:49:37 GMT';

/** Answers 304 if both validators of the request match. */
const feed: RequestListener = ({ headers }, response) => {
  const isKnown = headers['if-none-match'] === etag && headers['if-modified-since'] === modified;
  response.writeHead(isKnown ? 304 : 200, { etag, 'last-modified': modified }).end(isKnown ? '' : '{}');
};

test('fetches a feed once, and then recognises it by its fingerprint', async (context) => {
  const url = `${await serveHttp(context, feed)}/v3.19/main.json`;
  const client = upstreamClient();
  const fetched = await client.get(url);
  assert.ok(typeof fetched === 'object');
  assert.equal(fetched.url, url);
  assert.equal(fetched.lastModified, '2024-11-05T08:49:37.000Z');
  assert.equal(Buffer.concat(await collectAll(fetched.body)).toString(), '{}');
  assert.equal(await client.get(url, fetched.fingerprint), 'unchanged');
});

test('sends no condition for a fingerprint of another client', async (context) => {
  const url = await serveHttp(context, feed);
  for (const known of ['', '2 1730796577000000000 1730796577000000000', 'a\nb\nc']) {
    const fetched = await upstreamClient().get(url, known);
    assert.ok(typeof fetched === 'object');
    await collectAll(fetched.body);
  }
});

test('treats a feed as changed when the server sends no validators', async (context) => {
  const url = await serveHttp(context, ({ headers }, response) => {
    assert.equal(headers['if-none-match'] ?? headers['if-modified-since'], undefined);
    response.end('{}');
  });
  const first = await upstreamClient().get(url);
  assert.ok(typeof first === 'object');
  assert.equal(first.lastModified, undefined);
  await collectAll(first.body);
  assert.equal(typeof (await upstreamClient().get(url, first.fingerprint)), 'object');
});

test('reports a missing feed as absent', async (context) => {
  const url = await serveHttp(context, (_request, response) => response.writeHead(404).end());
  assert.equal(await upstreamClient().get(url), 'absent');
});

test('states what failed and where, without secrets and without command options that a server lacks', async (context) => {
  const url = await serveHttp(context, (_request, response) => response.writeHead(403).end());
  const secret = `${url.replace('//', '//me:secret@')}/a.json?token=secret`;
  await assert.rejects(upstreamClient().get(secret), (error) => {
    assert.ok(error instanceof ClairError);
    assert.equal(error.code, 'feed-unavailable');
    assert.match(error.message, /^cannot fetch http:\/\/127\.0\.0\.1:\d+\/a\.json: HTTP 403$/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test('fails while reading when a feed is cut short', async (context) => {
  const url = await serveHttp(context, (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{', () => response.destroy());
  });
  const fetched = await upstreamClient().get(url);
  assert.ok(typeof fetched === 'object');
  await assert.rejects(collectAll(fetched.body), { name: 'ClairError', code: 'feed-unavailable' });
});

test('gives up a feed that is too slow but never stops', async (context) => {
  const url = await serveHttp(context, (_request, response) => {
    const timer = setInterval(() => response.write(' '), 5);
    response.once('close', () => {
      clearInterval(timer);
    });
  });
  const fetched = await upstreamClient({ idleMs: 200 }).get(url);
  assert.ok(typeof fetched === 'object');
  await assert.rejects(collectAll(fetched.body), {
    code: 'feed-unavailable',
    message: `cannot fetch ${url}/: received less than 64 KiB in 0.2 s`,
  });
});

test('sends the password of a feed to its origin only when a redirect leads to another one', async (context) => {
  const seen: (string | undefined)[] = [];
  const other = await serveHttp(context, ({ headers }, response) => {
    seen.push(headers.authorization);
    response.end('{}');
  });
  const first = await serveHttp(context, ({ headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(302, { location: other }).end();
  });
  const fetched = await upstreamClient().get(first.replace('//', '//me:secret@'));
  assert.ok(typeof fetched === 'object');
  await collectAll(fetched.body);
  assert.deepEqual(seen, [`Basic ${Buffer.from('me:secret').toString('base64')}`, undefined]);
});
