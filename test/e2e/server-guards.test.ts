import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setLaterSchema } from '../../src/store/contract/later-schema.ts';
import { schemaVersion } from '../../src/store/sql/schema.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { startEndpoints } from './replay/replay.ts';
import { runServer, type ServeProcess } from './serve-process.ts';
import { dpkgStatus, osRelease, startV1, statuses } from './v1-client.ts';

const timeout = 120_000;

async function runOnFile(t: TestContext, env: Readonly<Record<string, string>> = {}) {
  const database = join(temporaryDirectory(t), 'clair.db');
  const server: ServeProcess = await runServer(t, ['serve'], {
    CLAIR_DATABASE_TYPE: 'sqlite',
    CLAIR_DATABASE_OPTIONS_PATH: database,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
    ...env,
  });
  return { server, database };
}

/** Sends a hand-written request. Returns status and body of the response. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(text);
  const answer = Buffer.concat(await socket.toArray()).toString();
  return `${answer.slice(9, 12)} ${answer.slice(answer.indexOf('\r\n\r\n') + 4)}`;
}

async function post(port: number, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  const asked = request({
    host: '127.0.0.1',
    port,
    path: '/v1/layers',
    method: 'POST',
    agent: false,
    headers,
  });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

for (const engine of sharedEngines)
  test(`${engine.name}: refuses a layer whose name is the digest of other content, and stores nothing of it`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const honest = tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) }]);
    const Name = `sha256:${createHash('sha256').update(honest).digest('hex')}`;
    const url = await serveHttp(t, ({ url: path }, response) => {
      response.end(path === '/honest' ? honest : tar([osRelease]));
    });
    for (const wrong of [Name, Name.toUpperCase().replace('SHA', 'sha')]) {
      const { status, body } = await clair.postLayer({ Name: wrong, Path: `${url}/other` });
      assert.equal(status, 422);
      assert.match(
        body,
        /"worker: layer .*: the content has the digest sha256:\w{64}, .* not sha256:\w{64}"/,
      );
    }
    assert.equal((await clair.get(`/v1/layers/${Name}`)).status, 404);
    assert.deepEqual(statuses([await clair.postLayer({ Name, Path: `${url}/honest` })]), [201]);
    assert.equal((await clair.layer(Name)).Features?.[0]?.Name, 'curl');
    assert.equal((await clair.postLayer({ Name: 'sha256:short', Path: `${url}/other` })).status, 201);
  });

test('refuses a web page of another origin on every port and contacts no layer server for it', {
  timeout,
}, async (t) => {
  const { ports } = await startEndpoints(t, join(temporaryDirectory(t), 'clair.db'));
  const [api = 0, health = 0] = [ports.get(16_060), ports.get(16_061)];
  const asked: unknown[] = [];
  const Path = await serveHttp(t, ({ url }, response) => {
    asked.push(url);
    response.end(tar([osRelease]));
  });
  const body = JSON.stringify({ Layer: { Name: 'layer', Format: 'Docker', Path } });
  const evil = { Origin: 'http://evil.test', 'Content-Type': 'text/plain' };
  assert.equal(await post(api, evil, body), 403);
  assert.equal(await post(api, { 'Sec-Fetch-Site': 'cross-site' }, body), 403);
  assert.equal(await post(api, { Host: 'rebound.test' }, body), 403);
  assert.equal(
    await post(api, { Origin: `http://127.0.0.1:${api}`, 'Content-Type': 'text/plain' }, body),
    415,
  );
  assert.deepEqual(asked, []);
  for (const port of [api, health])
    for (const header of ['Origin: http://evil.test', 'Sec-Fetch-Site: cross-site'])
      assert.match(
        await raw(port, `GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${header}\r\n\r\n`),
        /^403 \{"Error":\{"Message":"requests of web pages of other origins are refused/,
      );
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
    assert.equal(await post(api, { 'Content-Type': type }, body), 201, type);
  assert.equal(await post(api, {}, body), 201);
});

test('accepts any host name when tokens are required', { timeout }, async (t) => {
  const hash = createHash('sha256').update('token').digest('hex');
  const { server } = await runOnFile(t, { CLAIR_API_TOKENS: `read:${hash}` });
  const get = async (port: number, path: string, host: string): Promise<string> =>
    (
      await raw(
        port,
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nAuthorization: Bearer token\r\n\r\n`,
      )
    ).slice(0, 3);
  assert.equal(await get(server.ports.api, '/v1/namespaces', 'clair.corp'), '200');
  assert.equal(await get(server.ports.health, '/health', 'clair.corp'), '403');
});

test('answers 404 to requests for APIs that the settings leave out', { timeout }, async (t) => {
  const paths = {
    v1: '/v1/namespaces',
    v3: '/status',
    v4: '/indexer/api/v1/index_state',
    native: '/api/v1/summary',
    console: '/',
  };
  for (const apis of ['', 'v1,v4', 'native,console', 'v3']) {
    const { server } = await runOnFile(t, { CLAIR_API_APIS: apis });
    const answered: string[] = [];
    for (const [name, path] of Object.entries(paths)) {
      const ask = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html, */*\r\nConnection: close\r\n\r\n`;
      if (!(await raw(server.ports.api, ask)).startsWith('404')) answered.push(name);
    }
    assert.deepEqual(answered, apis === '' ? Object.keys(paths) : apis.split(','));
  }
});

test('answers 400 to a request with two Host headers on every port', { timeout }, async (t) => {
  const { ports } = await startEndpoints(t, join(temporaryDirectory(t), 'clair.db'));
  for (const port of ports.values())
    assert.match(
      await raw(
        port,
        'GET /health HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\nConnection: close\r\n\r\n',
      ),
      /^400 .*a request takes one Host header/,
    );
});

test('logs the cause of a status 500 when the database fails', { timeout }, async (t) => {
  const { server, database } = await runOnFile(t);
  assert.equal((await server.clair.get('/v1/namespaces')).status, 200);
  damage(database);
  assert.equal((await server.clair.get('/v1/layers/none?features')).status, 500);
  assert.match(await server.logged('request failed'), /"level":"error".*"code":"store-unusable"/);
});

test('answers reads with 503 and the reason when a later version has replaced their tables', {
  timeout,
}, async (t) => {
  const { server, database } = await runOnFile(t);
  await setLaterSchema(database);
  const other = new DatabaseSync(database);
  for (const table of ['v1_layer', 'ancestry', 'vulnerability'])
    other.exec(`alter table ${table} rename to later_${table}`);
  other.close();
  const reason = /written by a later version of this program .* update the program/;
  for (const path of ['/v1/layers/none?features', '/ancestry/none', '/affected/CVE-2024-1']) {
    const { status, body } = await server.clair.get(path);
    assert.equal(status, 503, path);
    assert.match(body, reason, path);
  }
});

test('warns at its start when a later version has migrated the database and it can go on', {
  timeout,
}, async (t) => {
  const database = join(temporaryDirectory(t), 'clair.db');
  await (await openSqliteStore(database))[Symbol.asyncDispose]();
  await setLaterSchema(database, schemaVersion);
  const { server } = await runOnFile(t, { CLAIR_DATABASE_OPTIONS_PATH: database });
  assert.match(await server.logged('a later version has migrated'), /"level":"warn".*"databaseSchema":\d+/);
  assert.equal((await server.clair.get('/v1/layers/none?features')).status, 404);
});

/** Overwrites all pages but the first, after a write that makes other processes drop their cached pages. */
function damage(database: string): void {
  const other = new DatabaseSync(database);
  other.exec('CREATE TABLE other (number INTEGER); PRAGMA wal_checkpoint(TRUNCATE)');
  other.close();
  const content = readFileSync(database);
  writeFileSync(database, content.fill(0xff, 4096));
}
