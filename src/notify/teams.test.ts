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
import { type TeamsOptions, teams } from './teams.ts';
import { teamsMessage } from './teams-card.ts';

const going = new AbortController().signal;
const path = '/workflows/secret-id/triggers/manual/paths/invoke?sp=%2Ftriggers&sig=secret-signature';

function toChannel(options: TeamsOptions): Transport {
  return teams.open(options, { env: {}, hasDigests: false }) ?? assert.fail('nobody is told');
}

/** What stands for Workflows: how it is reached, and what it was sent. */
async function workflows(context: TestContext, answer: RequestListener) {
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
  const options: TeamsOptions = { endpoint, cafile: authority.cert, proxy: '' };
  return { options, received };
}

/** Rejects with this message, and shows nothing of the URL however it is looked at. */
async function fails(options: TeamsOptions, message: RegExp, signal = going): Promise<void> {
  await assert.rejects(toChannel(options).deliver(sampleNotice, signal), (error: Error) => {
    assert.match(error.message, message);
    assert.doesNotMatch(inspect(error, { depth: null, showHidden: true }), /secret|paths\/invoke/);
    assert.equal((error as Error & { code: string }).code, 'delivery-failed');
    return true;
  });
}

test('a notification is posted to the whole URL, once', async (t) => {
  const { options, received } = await workflows(t, (_, response) => response.writeHead(202).end());
  const transport = toChannel(options);
  await transport.deliver(sampleNotice, going);
  const body = JSON.stringify(await teamsMessage(sampleNotice));
  assert.deepEqual(received, [{ url: path, type: 'application/json', body }]);
  await transport.deliver({ ...sampleNotice, toldAt: '2026-01-02T00:00:00.000Z' }, going);
  assert.equal(received.length, 1);
});

test('it keeps the contract of transports', async (t) => {
  const { options } = await workflows(t, (_, response) => response.writeHead(200).end('1'));
  await checkTransport(toChannel(options));
});

test('who refuses, redirects or does not answer has failed, and errors show nothing of the URL', async (t) => {
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
  await fails(options, /^Microsoft Teams was not reached: ABORT_ERR$/, stop.signal);
  await fails({ ...options, cafile: '' }, /^Microsoft Teams was not reached: [A-Z_]+$/);
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
  const endpoint = `https://teams.test${path}`;
  await fails({ endpoint, cafile: '', proxy: url }, /^Microsoft Teams was not reached/);
  assert.deepEqual(asked, ['teams.test:443']);
});

test('what cannot be used is told before anybody is, without the URL', () => {
  const wrong: [Partial<TeamsOptions>, RegExp][] = [
    [{ endpoint: `secret${path}` }, /^notifier\.teams\.endpoint takes a URL with http or https$/],
    [{ endpoint: `http://teams.test${path}` }, /^notifier\.teams\.endpoint takes a URL with https$/],
    [{ proxy: 'socks5://secret' }, /^notifier\.teams\.proxy takes a URL with http or https$/],
    [{ cafile: '/nowhere/ca.pem' }, /^notifier\.teams\.cafile names \/nowhere\/ca\.pem/],
  ];
  const right = { endpoint: `https://teams.test${path}`, cafile: '', proxy: '' };
  for (const [options, message] of wrong)
    assert.throws(() => toChannel({ ...right, ...options }), { code: 'config-invalid', message });
});

test('nobody is told without an endpoint', () => {
  const options: TeamsOptions = { endpoint: '', cafile: '/nowhere/ca.pem', proxy: '' };
  assert.equal(teams.open(options, { env: {}, hasDigests: false }), undefined);
});
