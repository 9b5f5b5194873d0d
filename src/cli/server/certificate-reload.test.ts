import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { readTls } from '../../api/http/tls.ts';
import { startApiServer } from '../../testing/api-server.ts';
import { type CertificateFiles, testAuthority } from '../../testing/certificates.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { CertificateReload } from './certificate-reload.ts';

/** Starts a server with a certificate for `first.test`, which `install` replaces. */
async function setUp(t: TestContext, checkMs: number) {
  const authority = testAuthority(t);
  const folder = temporaryDirectory(t);
  const settings = { certfile: join(folder, 'cert.pem'), keyfile: join(folder, 'key.pem'), cafile: '' };
  const install = ({ cert, key }: CertificateFiles): void => {
    copyFileSync(key, settings.keyfile);
    copyFileSync(cert, settings.certfile);
  };
  install(authority.issue('first.test'));
  const first = readTls(settings);
  const server = await startApiServer(t, { routers: () => [], tls: first });
  const lines: { readonly msg: string; readonly error?: string }[] = [];
  const applied = Promise.withResolvers<undefined>();
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line) as (typeof lines)[0]) });
  const apply: typeof server.setTls = (tls) => {
    server.setTls(tls);
    applied.resolve(undefined);
  };
  const reload = new CertificateReload(settings, { first, apply, log, checkMs });
  t.after(() => reload[Symbol.asyncDispose]());
  const ca = readFileSync(authority.cert);
  const servedName = async (): Promise<unknown> => {
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      ca,
      checkServerIdentity: () => undefined,
    });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };
  return { authority, settings, install, reload, servedName, lines, applied: applied.promise };
}

test('serves a replaced certificate to new connections, and keeps it when the next is unusable', async (t) => {
  const { authority, settings, install, reload, servedName, lines } = await setUp(t, 3_600_000);
  assert.equal(await servedName(), 'first.test');
  install(authority.issue('second.test'));
  reload.reload();
  assert.equal(await servedName(), 'second.test');
  reload.reload();
  writeFileSync(settings.certfile, 'no certificate');
  reload.reload();
  copyFileSync(authority.issue('third.test').cert, settings.certfile);
  reload.reload();
  assert.equal(await servedName(), 'second.test');
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    [
      'certificate reloaded',
      'certificate reload failed; keeping the current one',
      'certificate reload failed; keeping the current one',
    ],
  );
  for (const { error = '' } of lines.slice(1)) assert.ok(error.includes(settings.certfile), error);
  assert.match(lines[2]?.error ?? '', /the key does not match the certificate/);
});

test('notices by itself that the files have changed', { timeout: 60_000 }, async (t) => {
  const { authority, install, servedName, applied } = await setUp(t, 20);
  install(authority.issue('second.test'));
  await applied;
  assert.equal(await servedName(), 'second.test');
});
