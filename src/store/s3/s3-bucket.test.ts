import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { serveHttp } from '../../testing/http-server.ts';
import type { ExtractBucket } from '../layer-extract-store.ts';
import { s3Bucket } from './s3-bucket.ts';

const layer = `sha256:${'a'.repeat(64)}`;
const path = `/extracts/clair/v1/sha256/${'a'.repeat(64)}`;
const secretAccessKey = 'planted-secret';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Respond = (response: ServerResponse, count: number) => void;

/** Starts a server that responds alike to each request. */
async function open(
  context: TestContext,
  respond: Respond,
): Promise<{ bucket: ExtractBucket; received: Received[] }> {
  const received: Received[] = [];
  const address = await serveHttp(context, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(pieces).toString() });
      respond(response, received.length);
    });
  });
  const bucket = s3Bucket({
    endpoint: new URL(address),
    bucket: 'extracts',
    isInPath: true,
    region: 'north-1',
    prefix: 'clair/',
    keys: () => ({ accessKeyId: 'account', secretAccessKey, sessionToken: 'planted-token' }),
    connection: {},
  });
  return { bucket, received };
}

const answer =
  (status: number, text = ''): Respond =>
  (response) => {
    response.writeHead(status).end(text);
  };
const errorOf = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;

test('signs what it sends, by the digest of the layer', async (t) => {
  const { bucket, received } = await open(t, answer(200, 'content'));
  await bucket.write(layer, Buffer.from('extract'));
  assert.equal((await bucket.read(layer, 7))?.toString(), 'content');
  await bucket.remove(layer);
  await bucket.remove('stamp@5+7/root');
  assert.deepEqual(
    received.map(({ method, url, body }) => [method, url, body]),
    [
      ['PUT', path, 'extract'],
      ['GET', path, ''],
      ['DELETE', path, ''],
      ['DELETE', `/extracts/clair/v1/other/${sha256Of('stamp@5+7/root')}`, ''],
    ],
  );
  for (const { headers, body } of received) {
    assert.match(
      headers.authorization ?? '',
      /^AWS4-HMAC-SHA256 Credential=account\/\d{8}\/north-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    assert.equal(headers['x-amz-content-sha256'], sha256Of(body));
    assert.equal(headers['x-amz-security-token'], 'planted-token');
    assert.ok(!JSON.stringify(headers).includes(secretAccessKey));
  }
});

test('reads no more than one piece behind the expected bytes', async (t) => {
  const { bucket } = await open(t, (response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      response.once('drain', more);
    };
    more();
  });
  const start = await bucket.read(layer, 100_000);
  assert.ok(start !== undefined && start.length > 100_000 && start.length < 1024 * 1024);
});

test('distinguishes a missing object from a missing bucket', async (t) => {
  const { bucket } = await open(t, answer(404, errorOf('NoSuchKey')));
  assert.equal(await bucket.read(layer, 7), undefined);
  await bucket.remove(layer);
  const { bucket: missing } = await open(t, answer(404, errorOf('NoSuchBucket')));
  const error = { message: 'the S3 server answered 404 NoSuchBucket' };
  await assert.rejects(missing.read(layer, 7), error);
  await assert.rejects(missing.write(layer, Buffer.from('x')), error);
  await assert.rejects(missing.remove(layer), error);
});

test('names the refusal of a server, and no key', async (t) => {
  for (const [status, code] of [
    [403, 'SignatureDoesNotMatch'],
    [403, 'InvalidAccessKeyId'],
    [301, 'PermanentRedirect'],
    [400, 'x'.repeat(100)],
  ] as const) {
    const { bucket, received } = await open(t, (response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(errorOf(code));
    });
    const named = code.length > 64 ? '' : ` ${code}`;
    await assert.rejects(bucket.read(layer, 7), { message: `the S3 server answered ${status}${named}` });
    assert.equal(received.length, 1);
  }
});

test('asks a busy server once more', async (t) => {
  const { bucket, received } = await open(t, (response, count) => {
    answer(count === 1 ? 503 : 200, count === 1 ? errorOf('SlowDown') : 'content')(response, count);
  });
  assert.equal((await bucket.read(layer, 7))?.toString(), 'content');
  assert.equal(received.length, limits.extractAttempts);
});

test('fails if the connection ends within an object', async (t) => {
  const { bucket } = await open(t, (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('start');
    setImmediate(() => response.destroy());
  });
  await assert.rejects(bucket.read(layer, 100));
});
