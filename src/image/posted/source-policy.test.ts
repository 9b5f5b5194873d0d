import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClairError } from '../../core/errors.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { LayerDownload } from './download-layer.ts';
import { type SourceSettings, sourcePolicy } from './source-policy.ts';

const strict: SourceSettings = {
  policy: 'strict',
  schemes: ['http', 'https'],
  hosts: ['*'],
  networks: [],
  directories: [],
};
const refused = { code: 'source-refused' };
const never = (): Promise<void> => assert.fail('a refusal is not tried again');

async function get(url: string, settings: Partial<SourceSettings> = {}): Promise<string> {
  const { connect } = sourcePolicy({ ...strict, ...settings });
  let text = '';
  for await (const piece of new LayerDownload({ url, headers: {}, connect, sleep: never }))
    text += Buffer.from(piece).toString();
  return text;
}

test('requests any URL when the policy is open', async (context) => {
  const url = await serveHttp(context, (_request, response) => response.end('here'));
  assert.equal(await get(url, { policy: 'open' }), 'here');
});

test('refuses addresses that are not public in any notation when the policy is strict', async (context) => {
  const url = await serveHttp(context, () => assert.fail('must not be requested'));
  const { port } = new URL(url);
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '0.0.0.0'])
    await assert.rejects(get(`http://${host}:${port}/`), refused, host);
  for (const host of ['169.254.169.254', '10.0.0.1', '[fd00::1]', '[fe80::1]'])
    await assert.rejects(get(`http://${host}/`), refused, host);
});

test('gives the same answer for a name without address and for a name of an internal host', async () => {
  const answers = ['no-such-host.invalid', 'localhost'].map(async (host) => {
    const failure = (await get(`http://${host}:1/`).catch((error: unknown) => error)) as ClairError;
    return [failure.code, failure.message.replaceAll(host, 'HOST')];
  });
  const expected = [
    'source-refused',
    'layer http://HOST:1/: layers are not read from HOST: it has no address, or none that worker.sources allows',
  ];
  assert.deepEqual(await Promise.all(answers), [expected, expected]);
});

test('allows addresses in listed networks', async (context) => {
  const url = await serveHttp(context, (_request, response) => response.end('here'));
  const networks = ['127.0.0.0/8'];
  assert.equal(await get(url, { networks }), 'here');
  assert.equal(await get(url.replace('127.0.0.1', 'localhost'), { networks }), 'here');
  await assert.rejects(get(url, { networks: ['10.0.0.0/8'] }), refused);
  assert.throws(() => sourcePolicy({ ...strict, networks: ['10.0.0.0/99'] }), {
    code: 'config-invalid',
    message: 'worker.sources.networks: 10.0.0.0/99 is not a network',
  });
});

test('refuses a redirect when the policy does not allow its target', async (context) => {
  const inner = await serveHttp(context, () => assert.fail('must not be requested'));
  for (const location of [
    inner.replace('127.0.0.1', '127.0.0.2'),
    'http://169.254.169.254/latest/meta-data/',
  ]) {
    const url = await serveHttp(context, (_request, response) => response.writeHead(302, { location }).end());
    await assert.rejects(get(url, { networks: ['127.0.0.1'] }), refused);
  }
});

test('allows only the listed schemes and hosts', async (context) => {
  const url = await serveHttp(context, (_request, response) => response.end('here'));
  const { port } = new URL(url);
  const named = `http://localhost:${port}/`;
  const networks = ['127.0.0.0/8', '::1'];
  for (const rule of ['localhost', `LOCALHOST:${port}`, '*'])
    assert.equal(await get(named, { networks, hosts: ['example.org', rule] }), 'here', rule);
  for (const rule of ['example.org', 'localhost:1', '*.localhost', 'local', ''])
    await assert.rejects(get(named, { networks, hosts: [rule] }), refused, rule);
  await assert.rejects(get(named, { networks, schemes: ['https'] }), refused);
  const { connect } = sourcePolicy({ ...strict, hosts: ['*.example.org', 'example.com:443', 'a.test:8080'] });
  connect(new URL('https://a.b.example.org/'));
  connect(new URL('https://example.com/'));
  connect(new URL('http://a.test:8080/'));
  for (const other of [
    'https://example.org/',
    'https://badexample.org/',
    'http://example.com/',
    'http://a.test/',
  ])
    assert.throws(() => connect(new URL(other)), { name: 'HttpError' }, other);
});

test('names only the host when it refuses a URL', async () => {
  await assert.rejects(get('http://me:secret@127.0.0.1:1/private?token=1'), (error: Error) => {
    assert.match(error.message, /127\.0\.0\.1:1.*worker\.sources/);
    assert.doesNotMatch(error.message, /secret|token/);
    return true;
  });
});
