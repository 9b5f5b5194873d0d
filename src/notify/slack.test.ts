import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { checkTransport, sampleNotice } from '../plugin/contract/transport.ts';
import type { Transport } from '../plugin/transport.ts';
import { testAuthority } from '../testing/certificates.ts';
import { listenLocally } from '../testing/http-server.ts';
import { type SlackOptions, slack } from './slack.ts';
import { slackMessage } from './slack-message.ts';

const going = new AbortController().signal;
const path = '/services/T00SECRET/B00SECRET/secret-key';

function toChannel(options: SlackOptions): Transport {
  return slack.open(options, { env: {}, hasDigests: false }) ?? assert.fail('nobody is told');
}

/** What stands for Slack: how it is reached, and what it was sent. */
async function hooks(context: TestContext, answer: RequestListener) {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('localhost');
  const received: { url: string | undefined; type: string | undefined; body: string }[] = [];
  const server = createSecureServer(
    { cert: readFileSync(cert), key: readFileSync(key) },
    (request, response) => {
      void request.toArray().then((pieces) => {
        const { url, headers } = request;
        const body = Buffer.concat(pieces as Buffer[]).toString();
        received.push({ url, type: headers['content-type'], body });
        answer(request, response);
      });
    },
  );
  const endpoint = `https://${await listenLocally(context, server)}${path}`;
  const options: SlackOptions = { endpoint, cafile: authority.cert, proxy: '' };
  return { options, received };
}

/** Rejects with this message, and shows nothing of the URL however it is looked at. */
async function fails(options: SlackOptions, message: RegExp, signal = going): Promise<void> {
  await assert.rejects(toChannel(options).deliver(sampleNotice, signal), (error: Error) => {
    assert.match(error.message, message);
    assert.doesNotMatch(inspect(error, { depth: null, showHidden: true }), /secret/i);
    assert.equal((error as Error & { code: string }).code, 'delivery-failed');
    return true;
  });
}

test('a notification is posted to the webhook, once', async (t) => {
  const { options, received } = await hooks(t, (_, response) => response.writeHead(200).end('ok'));
  const transport = toChannel(options);
  await transport.deliver(sampleNotice, going);
  const body = JSON.stringify(await slackMessage(sampleNotice));
  assert.deepEqual(received, [{ url: path, type: 'application/json', body }]);
  await transport.deliver({ ...sampleNotice, toldAt: '2026-01-02T00:00:00.000Z' }, going);
  assert.equal(received.length, 1);
});

test('it keeps the contract of transports', async (t) => {
  const { options } = await hooks(t, (_, response) => response.writeHead(200).end('ok'));
  await checkTransport(toChannel(options));
});

// Statuses and words as docs.slack.dev has them for incoming webhooks, and those of who stands between.
const refusals: readonly [status: number, word: string, headers?: Record<string, string>][] = [
  [202, 'not ok'],
  [302, '', { location: '/elsewhere' }],
  [400, 'invalid_payload'],
  [403, 'action_prohibited'],
  [404, 'no_service'],
  [410, 'channel_is_archived'],
  [429, 'rate_limited', { 'retry-after': '30' }],
  [500, 'rollup_error'],
];

test('who refuses, redirects or does not answer has failed, and errors show nothing of the URL', async (t) => {
  let posts = 0;
  for (const [status, word, headers] of refusals) {
    const { options, received } = await hooks(t, (_, response) => {
      response.writeHead(status, headers).end(`${word} ${path}`);
    });
    // When to try again is for who asked: it fails at once, and tries once.
    await fails(options, new RegExp(`^Slack answered ${status}$`));
    posts += received.length;
  }
  assert.equal(posts, refusals.length);
  const stop = new AbortController();
  const { options } = await hooks(t, () => {
    stop.abort();
  });
  await fails(options, /^Slack was not reached: ABORT_ERR$/, stop.signal);
  await fails({ ...options, cafile: '' }, /^Slack was not reached: [A-Z_]+$/);
  await fails({ ...options, endpoint: `https://127.0.0.1:1${path}` }, /not reached: ECONNREFUSED$/);
});

test('a proxy that refuses shows nothing either', async (t) => {
  const proxy = createServer();
  const asked: (string | undefined)[] = [];
  proxy.on('connect', (request, socket) => {
    asked.push(request.url);
    socket.end('HTTP/1.1 403 secret\r\n\r\n');
  });
  const url = `http://user:secret@${await listenLocally(t, proxy)}`;
  const endpoint = `https://slack.test${path}`;
  await fails({ endpoint, cafile: '', proxy: url }, /^Slack was not reached/);
  assert.deepEqual(asked, ['slack.test:443']);
});

test('what cannot be used is told before anybody is, without the URL', () => {
  const wrong: [Partial<SlackOptions>, RegExp][] = [
    [{ endpoint: `secret${path}` }, /^notifier\.slack\.endpoint takes a URL with http or https$/],
    [{ endpoint: `http://slack.test${path}` }, /^notifier\.slack\.endpoint takes a URL with https$/],
    [{ proxy: 'socks5://secret' }, /^notifier\.slack\.proxy takes a URL with http or https$/],
    [{ cafile: '/nowhere/ca.pem' }, /^notifier\.slack\.cafile names \/nowhere\/ca\.pem/],
  ];
  const right = { endpoint: `https://slack.test${path}`, cafile: '', proxy: '' };
  for (const [options, message] of wrong)
    assert.throws(() => toChannel({ ...right, ...options }), { code: 'config-invalid', message });
});

test('nobody is told without an endpoint', () => {
  const options: SlackOptions = { endpoint: '', cafile: '/nowhere/ca.pem', proxy: '' };
  assert.equal(slack.open(options, { env: {}, hasDigests: false }), undefined);
});
