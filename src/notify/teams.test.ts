import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { checkTransport, sampleNotification } from '../plugin/contract/transport.ts';
import type { Transport } from '../plugin/transport.ts';
import { assertNotDelivered, openChannel, startChannel } from '../testing/channel.ts';
import { listenLocally } from '../testing/http-server.ts';
import type { ChannelOptions } from './channel-kind.ts';
import { teams } from './teams.ts';
import { teamsMessage } from './teams-card.ts';

const neverAborted = new AbortController().signal;
const path = '/workflows/secret-id/triggers/manual/paths/invoke?sp=%2Ftriggers&sig=secret-signature';

function toChannel(options: ChannelOptions): Transport {
  return openChannel(teams, options);
}

/** Starts a server in place of Teams. Returns the settings to reach it and the posts it received. */
function workflows(context: TestContext, answer: RequestListener): ReturnType<typeof startChannel> {
  return startChannel(context, path, answer);
}

/** Asserts that the delivery rejects with this message, and that no property of the error shows the URL. */
async function fails(options: ChannelOptions, message: RegExp, signal = neverAborted): Promise<void> {
  await assertNotDelivered(teams, options, { message, secret: /secret|paths\/invoke/, signal });
}

test('posts a notification to the whole URL once', async (t) => {
  const { options, received } = await workflows(t, (_, response) => response.writeHead(202).end());
  const transport = toChannel(options);
  await transport.deliver(sampleNotification, neverAborted);
  const body = JSON.stringify(await teamsMessage(sampleNotification));
  assert.deepEqual(received, [{ url: path, type: 'application/json', body }]);
  await transport.deliver(
    { ...sampleNotification, previouslyDeliveredAt: '2026-01-02T00:00:00.000Z' },
    neverAborted,
  );
  assert.equal(received.length, 1);
});

test('fulfils the contract of transports', async (t) => {
  const { options } = await workflows(t, (_, response) => response.writeHead(200).end('1'));
  await checkTransport(toChannel(options));
});

test('fails without showing the URL when the server refuses, redirects or does not answer', async (t) => {
  for (const status of [302, 400, 404, 413, 429, 502]) {
    const { options } = await workflows(t, (_, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end(`${path} is refused`);
    });
    await fails(options, new RegExp(`^Microsoft Teams answered ${status}$`));
  }
  const stop = new AbortController();
  const { options } = await workflows(t, () => {
    stop.abort();
  });
  await fails(options, /^cannot reach Microsoft Teams: ABORT_ERR$/, stop.signal);
  await fails({ ...options, cafile: '' }, /^cannot reach Microsoft Teams: [A-Z_]+$/);
  await fails(
    { ...options, endpoint: `https://127.0.0.1:1${path}` },
    /cannot reach Microsoft Teams: ECONNREFUSED$/,
  );
});

test('fails without showing the URL when a proxy refuses', async (t) => {
  const proxy = createServer();
  const asked: (string | undefined)[] = [];
  proxy.on('connect', (request, socket) => {
    asked.push(request.url);
    socket.end('HTTP/1.1 403 secret\r\n\r\n');
  });
  const url = `http://user:secret@${await listenLocally(t, proxy)}`;
  const endpoint = `https://teams.test${path}`;
  await fails({ endpoint, cafile: '', proxy: url }, /^cannot reach Microsoft Teams/);
  assert.deepEqual(asked, ['teams.test:443']);
});

test('rejects invalid settings without showing the URL', () => {
  const wrong: [Partial<ChannelOptions>, RegExp][] = [
    [{ endpoint: `secret${path}` }, /^notifier\.teams\.endpoint must be an http or https URL$/],
    [{ endpoint: `http://teams.test${path}` }, /^notifier\.teams\.endpoint must be an https URL$/],
    [{ proxy: 'socks5://secret' }, /^notifier\.teams\.proxy must be an http or https URL$/],
    [{ cafile: '/nowhere/ca.pem' }, /^notifier\.teams\.cafile names \/nowhere\/ca\.pem/],
  ];
  const right = { endpoint: `https://teams.test${path}`, cafile: '', proxy: '' };
  for (const [options, message] of wrong)
    assert.throws(() => toChannel({ ...right, ...options }), { code: 'config-invalid', message });
});

test('opens no transport when the endpoint is empty', () => {
  const options: ChannelOptions = { endpoint: '', cafile: '/nowhere/ca.pem', proxy: '' };
  assert.equal(
    teams.open(options, { env: {}, isBatched: false, manifestNotifications: () => [] }),
    undefined,
  );
});
