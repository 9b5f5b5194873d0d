import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { checkTransport, sampleNotification } from '../plugin/contract/transport.ts';
import type { ChangeNotificationContent, NotificationMessage, Transport } from '../plugin/transport.ts';
import { serveHttp } from '../testing/http-server.ts';
import { type Clair4WebhookOptions, clair4Webhook } from './clair4-webhook.ts';

const callback = 'http://clair.test:6060/notifier/api/v1/notification';
const key = 'bm90LWEtcmVhbC1rZXktZG8tbm90LXVzZQ==';
const neverAborted = new AbortController().signal;

function open(options: Partial<Clair4WebhookOptions>, isBatched = false): Transport {
  const unset = { endpoint: '', callback, headers: '', pskkey: '', cafile: '', proxy: '' };
  const opened = clair4Webhook.open(
    { ...unset, ...options },
    { env: {}, isBatched, manifestNotifications: () => [] },
  );
  return opened ?? assert.fail('no transport was opened');
}

/** Returns a notification that affects an image with these names. */
async function notificationOf(
  names: readonly string[],
  changes: Partial<ChangeNotificationContent> = {},
): Promise<NotificationMessage> {
  const content = await sampleNotification.content();
  assert.ok('images' in content);
  const images = content.images.map((one) => ({ ...one, names }));
  return {
    ...sampleNotification,
    kind: 'change',
    content: () => Promise.resolve({ ...content, images, ...changes }),
  };
}

const ofManifest = await notificationOf(['shop', `v4/sha256:${'a'.repeat(64)}`]);

interface Posted {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Starts a receiver that answers with a status. */
async function receive(t: TestContext, status = 200): Promise<{ endpoint: string; posted: Posted[] }> {
  const posted: Posted[] = [];
  const endpoint = await serveHttp(t, (request, response) => {
    void request.toArray().then((chunks) => {
      posted.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(status).end();
    });
  });
  return { endpoint, posted };
}

test('posts id and callback of a notification, and the headers of the settings', async (t) => {
  const { endpoint, posted } = await receive(t);
  const headers = 'X-Hook=one,X-Hook=two,X-Other=a%2Cb';
  await open({ endpoint: `${endpoint}/secscan/notification?x=1`, headers }).deliver(ofManifest, neverAborted);
  const [post = assert.fail()] = posted;
  // Keys and values are those of a recorded post of Clair v4.
  assert.deepEqual(JSON.parse(post.body), {
    callback: `${callback}/${ofManifest.name}`,
    notification_id: ofManifest.name,
  });
  const { 'content-type': type, 'x-hook': hook, 'x-other': other, authorization } = post.headers;
  assert.deepEqual([type, hook, other, authorization], ['application/json', 'one, two', 'a,b', undefined]);
});

test('signs a token with the issuer and the times that receivers require', async (t) => {
  const { endpoint, posted } = await receive(t);
  await open({ endpoint, pskkey: key }).deliver(ofManifest, neverAborted);
  const [header = '', claims = '', signature] =
    posted[0]?.headers['authorization']
      ?.toString()
      .replace(/^Bearer /, '')
      .split('.') ?? [];
  const hmac = createHmac('sha256', Buffer.from(key, 'base64')).update(`${header}.${claims}`);
  assert.equal(signature, hmac.digest('base64url'));
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'HS256' });
  const { iss, iat, nbf, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    readonly [claim in 'iss' | 'iat' | 'nbf' | 'exp']: unknown;
  };
  const now = Date.now() / 1000;
  assert.equal(iss, 'clair-notifier');
  assert.ok(Number(iat) < now && Number(iat) > now - 60);
  assert.ok(Number(nbf) <= Number(iat) && Number(exp) > now + 30);
});

test('posts nothing if no manifest is affected, and posts if one may be, or no longer is', async (t) => {
  const { endpoint, posted } = await receive(t);
  const transport = open({ endpoint });
  await transport.deliver(await notificationOf(['shop', 'v4/latest']), neverAborted);
  assert.equal(posted.length, 0);
  await transport.deliver(await notificationOf([], { hasMoreImages: true }), neverAborted);
  assert.equal(posted.length, 1);
  const [{ images } = assert.fail()] = [await ofManifest.content()].filter((one) => 'images' in one);
  const noLongerAffected = { images, hasMoreImages: false };
  await transport.deliver(await notificationOf([], { images: [], noLongerAffected }), neverAborted);
  assert.equal(posted.length, 2);
  await checkTransport(transport);
});

test('takes 200 alone as success', async (t) => {
  const { endpoint } = await receive(t, 201);
  await assert.rejects(open({ endpoint }).deliver(ofManifest, neverAborted), {
    code: 'delivery-failed',
    message: `${endpoint} answered 201`,
  });
});

test('refuses settings that cannot work, without naming a secret', () => {
  const endpoint = 'https://quay.test/secscan/notification';
  for (const options of [
    { endpoint, callback: '' },
    { endpoint, callback: 'clair:6060' },
    { endpoint, headers: 'secret' },
    { endpoint, headers: 'a b=secret' },
    { endpoint, pskkey: 'secret!' },
  ])
    assert.throws(
      () => open(options),
      ({ code, message }: Error & { code?: unknown }) =>
        code === 'config-invalid' && !message.includes('secret'),
    );
  assert.throws(() => open({ endpoint }, true), { code: 'config-invalid' });
});
