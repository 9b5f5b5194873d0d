import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type TestContext, test } from 'node:test';
import { startApiServer } from '../../testing/api-server.ts';
import { type CertificateFiles, testAuthority } from '../../testing/certificates.ts';
import { routerOf } from './router.ts';
import { type RefusedCertificate, readTls, type TlsSettings } from './tls.ts';

const unset: TlsSettings = { certfile: '', keyfile: '', cafile: '' };

/** Starts a server with these settings for the duration of the test, and requests `/`. */
async function startTlsServer(
  context: TestContext,
  settings: TlsSettings,
  onRefusedCertificate: (refused: RefusedCertificate) => void = ({ reason }) => assert.fail(reason),
): Promise<(options: RequestOptions) => Promise<string>> {
  const who = { name: 'who', method: 'GET', path: '/who', handle: async () => ({ status: 200, text: 'us' }) };
  const serverOptions = {
    routers: () => [routerOf('', [who])],
    tls: readTls(settings),
    onRefusedCertificate,
  };
  const server = await startApiServer(context, serverOptions);
  return async (options) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: server.port,
      path: '/who',
      agent: false,
      ...options,
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return Buffer.concat(await response.toArray()).toString();
  };
}

function read({ cert, key }: CertificateFiles): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

test('serves TLS without client certificates when a certificate is set', async (context) => {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('clair.test');
  const send = await startTlsServer(context, { ...unset, certfile: cert, keyfile: key });
  const ca = readFileSync(authority.cert);
  assert.equal(await send({ ca }), 'us');
  await assert.rejects(send({ ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' }));
});

test('requires a client certificate when an authority is set', async (context) => {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('clair.test');
  const settings = { certfile: cert, keyfile: key, cafile: authority.cert };
  const send = await startTlsServer(context, settings, () => undefined);
  const ca = readFileSync(authority.cert);
  assert.equal(await send({ ca, ...read(authority.issue('client')) }), 'us');
  await assert.rejects(send({ ca }), { code: /^ERR_SSL_|^ECONNRESET/ });
  const untrusted = testAuthority(context).issue('client');
  await assert.rejects(send({ ca, ...read(untrusted) }), { code: /^ERR_SSL_|^ECONNRESET/ });
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`reports client and reason when a client certificate is refused, ${version}`, async (context) => {
    const authority = testAuthority(context);
    const { cert, key } = authority.issue('clair.test');
    const refused: RefusedCertificate[] = [];
    const settings = { certfile: cert, keyfile: key, cafile: authority.cert };
    const send = await startTlsServer(context, settings, (one) => refused.push(one));
    const options = { ca: readFileSync(authority.cert), minVersion: version, maxVersion: version };
    await send({ ...options, ...read(authority.issue('client')) });
    assert.deepEqual(refused, []);
    await assert.rejects(send(options));
    await assert.rejects(send({ ...options, ...read(testAuthority(context).issue('client')) }));
    assert.deepEqual(refused, [
      { client: '127.0.0.1', reason: 'no client certificate' },
      {
        client: '127.0.0.1',
        reason: 'client certificate not trusted: UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      },
    ]);
  });

test('throws config-invalid when a file is unusable', (context) => {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('clair.test');
  const cases: readonly (readonly [settings: Partial<TlsSettings>, message: RegExp])[] = [
    [{ certfile: cert }, /^api.certfile and api.keyfile must be set together$/],
    [{ cafile: authority.cert }, /^api.cafile needs api.certfile and api.keyfile$/],
    [
      { certfile: `${cert}x`, keyfile: key },
      /^api.certfile .*x cannot be used: No such file or directory \(ENOENT\)/,
    ],
    [
      { certfile: cert, keyfile: cert },
      /^api.certfile .* and api.keyfile .* cannot be used: the key file has no key, or a key of an unsupported type/,
    ],
    [
      { certfile: key, keyfile: cert },
      /cannot be used: a file is not in PEM format, or has other content than its setting requires$/,
    ],
    [
      { certfile: cert, keyfile: authority.key },
      /^api.certfile .* and api.keyfile .* cannot be used: the key does not match the certificate$/,
    ],
    [{ certfile: cert, keyfile: key, cafile: key }, /^api.cafile .* cannot be used: /],
  ];
  for (const [settings, message] of cases)
    assert.throws(() => readTls({ ...unset, ...settings }), { code: 'config-invalid', message });
  assert.equal(readTls(unset), undefined);
});
