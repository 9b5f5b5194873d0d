import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as z from 'zod/mini';
import { checkTransport } from '../plugin/contract/transport.ts';
import type { ChangeNotificationContent, NotificationMessage, Transport } from '../plugin/transport.ts';
import { testAuthority } from '../testing/certificates.ts';
import { listenLocally, serveHttp } from '../testing/http-server.ts';
import { recordings } from '../testing/recordings.ts';
import { type WebhookOptions, webhook } from './webhook.ts';

const unset: WebhookOptions = {
  endpoint: '',
  servername: '',
  cafile: '',
  certfile: '',
  keyfile: '',
  proxy: '',
  mode: 'name',
  secret: '',
};

/** Returns a webhook with these settings and the defaults of all others. */
function toServer(options: Partial<WebhookOptions>, env: NodeJS.ProcessEnv = {}): Transport {
  return (
    webhook.open({ ...unset, ...options }, { env, isBatched: false, manifestNotifications: () => [] }) ??
    assert.fail('no transport was opened')
  );
}

const content: ChangeNotificationContent = {
  source: 'debian',
  namespace: 'debian:12',
  kind: 'withdrawn',
  old: { key: 'A', id: 'CVE-2026-1', aliases: [], links: [], severity: 'High', cvss: [], affected: [] },
  new: null,
  images: [],
  hasMoreImages: false,
};
const sampleNotification: NotificationMessage = {
  name: '93e2cb49-eefd-44b6-8c75-1557621dc895',
  createdAt: '2026-01-02T00:00:00.000Z',
  kind: 'change',
  content: async () => content,
};
const neverAborted = new AbortController().signal;

interface Received {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Responds with these statuses in turn, and records the requests. */
function receiver(statuses: readonly number[] = [200]): { received: Received[]; answer: RequestListener } {
  const received: Received[] = [];
  return {
    received,
    answer: (request, response) => {
      void bodyOf(request).then((body) => {
        const names = request.rawHeaders.filter((_, i) => i % 2 === 0);
        received.push({ headers: names.map((name, i) => [name, request.rawHeaders[2 * i + 1] ?? '']), body });
        response.writeHead(statuses[Math.min(received.length, statuses.length) - 1] ?? 200).end();
      });
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString();
}

const recorded = z.object({
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string(),
  answered: z.number(),
});

test('sends the same posts as Clair', {
  skip: !existsSync(recordings) && process.env['CI'] === undefined,
}, async (context) => {
  const posts = readFileSync(resolve(recordings, 'v1-webhook-posts.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => z.parse(recorded, JSON.parse(line)));
  const { received, answer } = receiver(posts.map(({ answered }) => answered));
  const endpoint = `${await serveHttp(context, answer)}/notify`;
  const transport = toServer({ endpoint });
  for (const { headers, body, answered } of posts) {
    const {
      Notification: { Name: name },
    } = z.parse(z.object({ Notification: z.object({ Name: z.string() }) }), JSON.parse(body));
    const delivery = transport.deliver({ ...sampleNotification, name }, neverAborted);
    if (answered === 200 || answered === 201) await delivery;
    else
      await assert.rejects(delivery, {
        code: 'delivery-failed',
        message: `${new URL(endpoint).origin} answered ${answered}`,
      });
    const host = new URL(endpoint).host;
    const expected = headers.map(([key, value]) => [key, key === 'Host' ? host : value]);
    assert.deepEqual(received.at(-1), { headers: expected, body });
  }
});

test('fulfils the contract of transports', async (context) => {
  const { answer } = receiver();
  await checkTransport(toServer({ endpoint: await serveHttp(context, answer) }));
});

test('does not follow a redirect and does not wait for the response body', async (context) => {
  const { received, answer } = receiver([307]);
  const other = await serveHttp(context, answer);
  const moved = await serveHttp(context, (_, response) => response.writeHead(307, { location: other }).end());
  await assert.rejects(
    toServer({ endpoint: moved }).deliver(sampleNotification, neverAborted),
    /answered 307/,
  );
  assert.equal(received.length, 0);
  const endless = await serveHttp(context, (_, response) => response.writeHead(200).write('more'));
  await toServer({ endpoint: endless }).deliver(sampleNotification, neverAborted);
});

test('fails without showing secrets when the server does not answer', async (context) => {
  const dead = `${(await serveHttp(context, () => undefined)).replace('//', '//user:password@')}/hook/secret?token=secret`;
  const stop = new AbortController();
  const delivery = toServer({ endpoint: dead }).deliver(sampleNotification, stop.signal);
  stop.abort();
  await assert.rejects(delivery, ({ message, code }: Error & { code: string }) => {
    return code === 'delivery-failed' && !/password|secret/.test(message);
  });
});

test('sends a batch in full in every mode, because no API serves it by name', async (context) => {
  const { received, answer } = receiver();
  const endpoint = await serveHttp(context, answer);
  const digest = { image: { identity: 'a', names: [] }, changes: [] };
  const batch: NotificationMessage = { ...sampleNotification, kind: 'digest', content: async () => digest };
  await toServer({ endpoint, mode: 'name' }).deliver(batch, neverAborted);
  const { name, createdAt } = sampleNotification;
  assert.deepEqual(JSON.parse(received[0]?.body ?? ''), {
    Notification: { Name: name },
    createdAt,
    ...digest,
  });
});

test('sends the content and signs the body when the mode is full', async (context) => {
  const { received, answer } = receiver();
  const endpoint = await serveHttp(context, answer);
  await toServer({ endpoint, mode: 'full', secret: 'shh' }).deliver(sampleNotification, neverAborted);
  const [{ headers, body } = assert.fail()] = received;
  const { name, createdAt } = sampleNotification;
  assert.deepEqual(JSON.parse(body), { Notification: { Name: name }, createdAt, ...content });
  const signature = new Map(headers).get('X-Clair-Signature');
  assert.equal(signature, `sha256=${createHmac('sha256', 'shh').update(body).digest('hex')}`);
});

/** Starts a receiver that requests certificates of the authority. Returns the names on those it received. */
async function secureReceiver(context: TestContext) {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('receiver.test');
  const clients: string[] = [];
  const names = new Map<number | undefined, string>();
  const { received, answer } = receiver();
  const server = createSecureServer(
    { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(authority.cert), requestCert: true },
    (request, response) => {
      clients.push(names.get(request.socket.remotePort) ?? '');
      answer(request, response);
    },
  );
  server.on('secureConnection', (socket) => {
    names.set(socket.remotePort, String(socket.getPeerCertificate().subject.CN));
  });
  const endpoint = `https://${await listenLocally(context, server)}/notify`;
  const client = authority.issue('clair');
  return { endpoint, clients, received, cafile: authority.cert, certfile: client.cert, keyfile: client.key };
}

test('authenticates receiver and sender by certificates of one authority', async (context) => {
  const { clients, received, ...files } = await secureReceiver(context);
  await toServer(files).deliver(sampleNotification, neverAborted);
  await toServer({ ...files, servername: 'receiver.test' }).deliver(sampleNotification, neverAborted);
  assert.deepEqual([clients, received.length], [['clair', 'clair'], 2]);
  for (const wrong of [{ servername: 'other.test' }, { cafile: '' }, { certfile: '', keyfile: '' }])
    await assert.rejects(toServer({ ...files, ...wrong }).deliver(sampleNotification, neverAborted), {
      code: 'delivery-failed',
    });
  assert.equal(received.length, 2);
});

/** Starts a proxy that forwards everything. Returns the requests it received, with their credentials. */
async function proxy(context: TestContext) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void bodyOf(request).then(() => response.writeHead(200).end());
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`);
    const [host = '', port] = (request.url ?? '').split(':');
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.on('error', () => through.destroy());
  });
  return { asked, url: `http://user:pass@${await listenLocally(context, server)}` };
}

test('posts through a proxy and authenticates by certificate behind it', async (context) => {
  const { clients, received, ...files } = await secureReceiver(context);
  const { asked, url } = await proxy(context);
  const options: Partial<WebhookOptions> = { ...files, mode: 'full', secret: 'shh' };
  await toServer({ ...options, proxy: url }, { NO_PROXY: '*' }).deliver(sampleNotification, neverAborted);
  await toServer(options, { HTTPS_PROXY: url }).deliver(sampleNotification, neverAborted);
  await toServer(options, { HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' }).deliver(
    sampleNotification,
    neverAborted,
  );
  assert.deepEqual(clients, ['clair', 'clair', 'clair']);
  for (const { headers, body } of received) {
    const signature = createHmac('sha256', 'shh').update(body).digest('hex');
    assert.equal(new Map(headers).get('X-Clair-Signature'), `sha256=${signature}`);
    assert.equal((JSON.parse(body) as { namespace: string }).namespace, 'debian:12');
  }
  const line = `CONNECT ${new URL(files.endpoint).host} Basic ${Buffer.from('user:pass').toString('base64')}`;
  assert.deepEqual(asked, [line, line]);
  await toServer({ endpoint: 'http://receiver.test/notify', proxy: url }).deliver(
    sampleNotification,
    neverAborted,
  );
  assert.equal(asked[2], 'POST http://receiver.test/notify');
});

test('rejects invalid settings', () => {
  const wrong: [Partial<WebhookOptions>, RegExp][] = [
    [{ endpoint: 'receiver' }, /http\.endpoint must be an http or https URL/],
    [{ endpoint: 'ftp://receiver' }, /http\.endpoint must be an http or https URL/],
    [{ proxy: 'socks5://proxy' }, /http\.proxy must be an http or https URL/],
    [{ certfile: 'a' }, /both certfile and keyfile/],
    [{ cafile: '/nowhere/ca.pem' }, /cafile names \/nowhere\/ca\.pem/],
  ];
  for (const [options, message] of wrong)
    assert.throws(() => toServer({ endpoint: 'https://receiver', ...options }), {
      code: 'config-invalid',
      message,
    });
});

test('opens no transport without an endpoint and rejects batches in name mode', () => {
  const place = { env: {}, isBatched: true, manifestNotifications: () => [] };
  assert.equal(webhook.open(unset, place), undefined);
  const set: WebhookOptions = { ...unset, endpoint: 'https://receiver' };
  assert.throws(() => webhook.open(set, place), {
    code: 'config-invalid',
    message: 'notifier.digest needs notifier.http.mode to be full',
  });
  assert.equal(webhook.open({ ...set, mode: 'full' }, place)?.name, 'webhook');
});

test('sends nothing to another server when the receiver redirects', async (context) => {
  const other = await serveHttp(context, () => assert.fail('another server is requested'));
  const { received, answer } = receiver([307]);
  const url = await serveHttp(context, (request, response) => {
    response.setHeader('location', other);
    answer(request, response);
  });
  const endpoint = url.replace('//', '//me:secret@');
  const options: Partial<WebhookOptions> = { endpoint, mode: 'full', secret: 'shh' };
  await assert.rejects(toServer(options).deliver(sampleNotification, neverAborted), {
    code: 'delivery-failed',
    message: `${url} answered 307`,
  });
  const authorization = new Map(received[0]?.headers).get('authorization');
  assert.equal(authorization, `Basic ${Buffer.from('me:secret').toString('base64')}`);
});
