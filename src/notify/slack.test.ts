import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { checkTransport, sampleNotification } from '../plugin/contract/transport.ts';
import type { NotificationMessage, Transport } from '../plugin/transport.ts';
import { assertNotDelivered, openChannel, startChannel } from '../testing/channel.ts';
import { listenLocally } from '../testing/http-server.ts';
import { sampleBatchMessage, sampleChangeMessage } from '../testing/notification-messages.ts';
import type { ChannelOptions } from './channel-kind.ts';
import { slack } from './slack.ts';
import { slackMessage } from './slack-message.ts';

const neverAborted = new AbortController().signal;
const path = '/services/T00SECRET/B00SECRET/secret-key';

function toChannel(options: ChannelOptions): Transport {
  return openChannel(slack, options);
}

/** Starts a server in place of Slack. Returns the settings to reach it and the posts it received. */
function hooks(context: TestContext, answer: RequestListener): ReturnType<typeof startChannel> {
  return startChannel(context, path, answer);
}

/** Asserts that the delivery rejects with this message, and that no property of the error shows the URL. */
async function fails(options: ChannelOptions, message: RegExp, signal = neverAborted): Promise<void> {
  await assertNotDelivered(slack, options, { message, secret: /secret/i, signal });
}

test('posts a notification to the webhook once', async (t) => {
  const { options, received } = await hooks(t, (_, response) => response.writeHead(200).end('ok'));
  const transport = toChannel(options);
  await transport.deliver(sampleNotification, neverAborted);
  const body = JSON.stringify(await slackMessage(sampleNotification));
  assert.deepEqual(received, [{ url: path, type: 'application/json', body }]);
  await transport.deliver(
    { ...sampleNotification, previouslyDeliveredAt: '2026-01-02T00:00:00.000Z' },
    neverAborted,
  );
  assert.equal(received.length, 1);
});

test('wants changes that affect images, and batches', async (t) => {
  const { options } = await hooks(t, (_, response) => response.writeHead(200).end('ok'));
  const transport = toChannel(options);
  const wants = async (message: NotificationMessage): Promise<boolean | undefined> =>
    await transport.wants?.(message);
  const image = { identity: 'sha256:00', names: ['shop'], packages: [], fix: { state: 'unfixed' } } as const;
  assert.equal(await wants(sampleChangeMessage({})), false);
  assert.equal(await wants(sampleChangeMessage({ images: [image] })), true);
  assert.equal(await wants(sampleChangeMessage({ hasMoreImages: true })), true);
  assert.equal(await wants(sampleBatchMessage([])), true);
});

test('fulfils the contract of transports', async (t) => {
  const { options } = await hooks(t, (_, response) => response.writeHead(200).end('ok'));
  await checkTransport(toChannel(options));
});

// Statuses and texts of incoming webhooks as docs.slack.dev lists them, and those of intermediaries.
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

test('fails without showing the URL when the server refuses, redirects or does not answer', async (t) => {
  let posts = 0;
  for (const [status, word, headers] of refusals) {
    const { options, received } = await hooks(t, (_, response) => {
      response.writeHead(status, headers).end(`${word} ${path}`);
    });
    // The caller schedules retries: a delivery fails at once, after one try.
    await fails(options, new RegExp(`^Slack answered ${status}$`));
    posts += received.length;
  }
  assert.equal(posts, refusals.length);
  const stop = new AbortController();
  const { options } = await hooks(t, () => {
    stop.abort();
  });
  await fails(options, /^cannot reach Slack: ABORT_ERR$/, stop.signal);
  await fails({ ...options, cafile: '' }, /^cannot reach Slack: [A-Z_]+$/);
  await fails({ ...options, endpoint: `https://127.0.0.1:1${path}` }, /cannot reach Slack: ECONNREFUSED$/);
});

test('fails without showing the URL when a proxy refuses', async (t) => {
  const proxy = createServer();
  const asked: (string | undefined)[] = [];
  proxy.on('connect', (request, socket) => {
    asked.push(request.url);
    socket.end('HTTP/1.1 403 secret\r\n\r\n');
  });
  const url = `http://user:secret@${await listenLocally(t, proxy)}`;
  const endpoint = `https://slack.test${path}`;
  await fails({ endpoint, cafile: '', proxy: url }, /^cannot reach Slack/);
  assert.deepEqual(asked, ['slack.test:443']);
});

test('rejects invalid settings without showing the URL', () => {
  const wrong: [Partial<ChannelOptions>, RegExp][] = [
    [{ endpoint: `secret${path}` }, /^notifier\.slack\.endpoint must be an http or https URL$/],
    [{ endpoint: `http://slack.test${path}` }, /^notifier\.slack\.endpoint must be an https URL$/],
    [{ proxy: 'socks5://secret' }, /^notifier\.slack\.proxy must be an http or https URL$/],
    [{ cafile: '/nowhere/ca.pem' }, /^notifier\.slack\.cafile names \/nowhere\/ca\.pem/],
  ];
  const right = { endpoint: `https://slack.test${path}`, cafile: '', proxy: '' };
  for (const [options, message] of wrong)
    assert.throws(() => toChannel({ ...right, ...options }), { code: 'config-invalid', message });
});

test('opens no transport when the endpoint is empty', () => {
  const options: ChannelOptions = { endpoint: '', cafile: '/nowhere/ca.pem', proxy: '' };
  assert.equal(
    slack.open(options, { env: {}, isBatched: false, manifestNotifications: () => [] }),
    undefined,
  );
});
