import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { serveHttp } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clairBeside } from './clair.ts';
import { sendRaw } from './replay/conversation.ts';
import { runServer } from './serve-process.ts';
import { dpkgStatus, osRelease } from './v1-client.ts';

/** Returns the content of all files of a published database, decompressed. */
function publishedTexts(published: string): string[] {
  return readdirSync(published, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => decompressed(readFileSync(join(parentPath, name))).toString('latin1'));
}

function decompressed(bytes: Buffer): Buffer {
  const isCompressed = bytes.length >= 4 && bytes.readUInt32LE() === 0xfd2fb528;
  return isCompressed ? zstdDecompressSync(bytes) : bytes;
}

const pkg = { name: 'openssl', secfixes: { '1.0-r0': ['CVE-2024-1'] } };
const secdb = JSON.stringify({ distroversion: 'v3.20', reponame: 'main', packages: [{ pkg }] });
const sealed = 'ticket=planted-ticket&X-Amz-Signature=planted-signature';

/**
 * Starts a mirror that redirects to another server: one that has the feed, or one that fails and repeats the request.
 */
async function redirectingMirror(t: TestContext): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const store = await serveHttp(t, ({ url = '', headers }, response) => {
    asked.push(`${url} ${headers.authorization ?? ''}`);
    if (url.includes('/v3.20/main.json')) response.end(secdb);
    else response.writeHead(403).end(`planted-answer ${url}`);
  });
  const url = await serveHttp(t, (request, response) => {
    asked.push(request.headers.authorization ?? '');
    redirect(store, request, response);
  });
  return { url: `${url.replace('//', '//user:planted-password@')}/mirror?${sealed}`, asked };
}

function redirect(store: string, { url = '' }: IncomingMessage, response: ServerResponse): void {
  const path = url.split('?')[0] ?? '';
  if (path.includes('/v3.20/')) {
    const location = `${store.replace('//', '//planted-user:planted-again@')}${path}?${sealed}`;
    response.writeHead(302, { location, 'set-cookie': 'session=planted-cookie' }).end();
  } else response.writeHead(404).end();
}

test('writes no secret of a mirror or a redirect to the database, an export, the status, a trace or the log', async (t) => {
  const directory = temporaryDirectory(t);
  const database = join(directory, 'clair.db');
  const { url: mirror, asked } = await redirectingMirror(t);
  const outputs: string[] = [];
  const collector = await serveHttp(t, (request, response) => {
    request.setEncoding('utf8').on('data', (piece: string) => outputs.push(piece));
    request.once('end', () => response.end());
  });
  const run = async (...args: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await clairBeside(args);
    outputs.push(stdout, stderr);
  };
  await run('db', 'update', '--mirror', mirror, '--db', database, 'alpine');
  const server = await runServer(t, ['serve', '--log-level', 'trace'], {
    CLAIR_DATABASE_OPTIONS_PATH: database,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_TRACING_ENDPOINT: collector,
  });
  await server.logged('feed update failed');
  for (const path of ['/status', '/metrics'])
    outputs.push((await sendRaw(server.ports.health, { method: 'GET', path, headers: {}, body: null })).body);
  await server.end();
  outputs.push(...server.written());
  await run('db', 'status', '--verbose', '--db', database);
  await run('db', 'build', '--db', database, join(directory, 'published'));
  outputs.push(...publishedTexts(join(directory, 'published')));
  for (const name of readdirSync(directory).filter((file) => file.startsWith('clair.db')))
    outputs.push(readFileSync(join(directory, name), 'latin1'));
  const everything = outputs.join('\n');
  assert.match(everything, /127\.0\.0\.1:\d+\/mirror/, 'the origin is there');
  assert.match(everything, /feed update/, 'traces are there');
  assert.match(asked.join('\n'), /planted-ticket/, 'the secrets were needed');
  assertNothingPlanted(outputs);
});

test('writes no secret of a registry to a message when it refuses the credentials', async (t) => {
  const directory = temporaryDirectory(t);
  const url = await serveHttp(t, (_, response) => {
    const realm = `Basic realm="planted-realm"`;
    response.writeHead(401, { 'www-authenticate': realm }).end();
  });
  const env = {
    CLAIR_REGISTRY_USER: 'planted-user',
    CLAIR_REGISTRY_PASSWORD: 'planted-password',
    CLAIR_REGISTRY_INSECURE: new URL(url).host,
  };
  const config = JSON.stringify({ auths: { [new URL(url).host]: { auth: btoa('me:planted-auth') } } });
  writeFileSync(join(directory, 'config.json'), config);
  const target = `registry:${new URL(url).host}/shop:1`;
  const outputs: string[] = [];
  for (const settings of [env, { DOCKER_CONFIG: directory, CLAIR_REGISTRY_INSECURE: new URL(url).host }]) {
    const { status, stdout, stderr } = await clairBeside(['scan', target, '--db', ':memory:'], settings);
    assert.equal(status, 3, stderr);
    outputs.push(stdout, stderr);
  }
  assertNothingPlanted(outputs);
});

test('writes no secret of a posted layer to responses to others, the log or the database', async (t) => {
  const directory = temporaryDirectory(t);
  const layer = tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) }]);
  const url = await serveHttp(t, ({ url: path = '' }, response) => {
    if (path.startsWith('/fails')) response.writeHead(302, { location: `/gone?${sealed}` }).end();
    else if (path.startsWith('/gone')) response.writeHead(500).end('planted-answer');
    else response.end(layer);
  });
  const server = await runServer(t, ['serve', '--log-level', 'trace'], {
    CLAIR_DATABASE_OPTIONS_PATH: join(directory, 'clair.db'),
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
  });
  const outputs: string[] = [];
  for (const path of ['blob', 'fails']) {
    const secret = `${url.replace('//', '//user:planted-password@')}/${path}?${sealed}`;
    const Headers = { Authorization: 'Bearer planted-bearer', 'X-Key': 'planted-key' };
    const { status, body } = await server.clair.postLayer({ Name: path, Path: secret, Headers });
    // As in Clair, the response to the poster of a layer repeats the request.
    if (status !== 201) outputs.push(body);
    outputs.push((await server.clair.get(`/v1/layers/${path}?features&vulnerabilities`)).body);
  }
  await server.end();
  outputs.push(...server.written());
  for (const name of readdirSync(directory)) outputs.push(readFileSync(join(directory, name), 'latin1'));
  assert.match(outputs.join('\n'), /curl/);
  assertNothingPlanted(outputs);
});

function assertNothingPlanted(outputs: readonly string[]): void {
  for (const output of outputs) {
    const at = output.indexOf('planted-');
    assert.ok(at < 0, output.slice(Math.max(at - 200, 0), at + 200));
  }
}
