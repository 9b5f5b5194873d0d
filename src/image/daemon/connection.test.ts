import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as z from 'zod/mini';
import { type TestAuthority, testAuthority } from '../../testing/certificates.ts';
import { missingTool } from '../../testing/image-builder.ts';
import { type Daemon, getDocument } from './connection.ts';
import { DaemonUnavailable, endpointCandidates } from './endpoint.ts';

/** Starts a daemon that requires client certificates of the authority. Returns its `DOCKER_HOST`. */
async function secureDaemon(context: TestContext, authority: TestAuthority): Promise<string> {
  const { cert, key } = authority.issue('daemon.test');
  const [ca, certificate, secret] = [authority.cert, cert, key].map((path) => readFileSync(path));
  const server = createServer({ ca, cert: certificate, key: secret, requestCert: true }, (_, response) => {
    response.end('{"Os":"linux"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Writes the client certificate files in the layout of the docker command. */
function clientFiles(context: TestContext, authority: TestAuthority, names: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'clair-docker-certs-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  const { cert, key } = authority.issue('client.test');
  const files = { 'ca.pem': authority.cert, 'cert.pem': cert, 'key.pem': key };
  for (const [name, path] of Object.entries(files))
    if (names.includes(name)) copyFileSync(path, join(directory, name));
  return directory;
}

function daemonAt(host: string, certificates: string): Daemon {
  const env = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates };
  const [endpoint] = endpointCandidates('docker', { env, home: '/nowhere' }).endpoints;
  assert.ok(endpoint);
  return { name: 'docker', endpoint };
}

const shape = z.object({ Os: z.string() });

test('uses the certificates of the docker command when a daemon is behind TLS', {
  skip: missingTool('openssl'),
}, async (context) => {
  const authority = testAuthority(context);
  const host = await secureDaemon(context, authority);
  const daemon = daemonAt(host, clientFiles(context, authority, ['ca.pem', 'cert.pem', 'key.pem']));
  assert.deepEqual((await getDocument(daemon, '/info', shape)).content, { Os: 'linux' });
});

test('reports that a daemon cannot be reached when a certificate is unknown or missing', {
  skip: missingTool('openssl'),
}, async (context) => {
  const authority = testAuthority(context);
  const host = await secureDaemon(context, authority);
  for (const names of [[], ['ca.pem']]) {
    const daemon = daemonAt(host, clientFiles(context, authority, names));
    await assert.rejects(
      getDocument(daemon, '/info', shape),
      (error) =>
        error instanceof DaemonUnavailable &&
        error.message.startsWith(`the docker daemon at ${host} cannot be reached: `),
    );
  }
});
