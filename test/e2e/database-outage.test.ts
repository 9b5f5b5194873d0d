import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { loadProtos } from '../../src/api/grpc/protos.ts';
import { protoPackage } from '../../src/api/http/v3/rpcs.ts';
import { grpcClient } from '../../src/testing/grpc-client.ts';
import { temporaryDirectory, temporarySchema } from '../../src/testing/store-engines.ts';
import { proxyBefore, type TcpProxy } from '../../src/testing/tcp-proxy.ts';
import { runServer, type ServeProcess } from './serve-process.ts';

const timeout = 180_000;

const listening = {
  CLAIR_API_ADDR: '127.0.0.1:0',
  CLAIR_API_HEALTHADDR: '127.0.0.1:0',
  CLAIR_UPDATER_INTERVAL: '0',
};

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
  readonly ms: number;
}

async function ask(port: number, path: string, init: RequestInit = {}): Promise<Answer> {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const body = await response.text();
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, body, ms: performance.now() - start };
}

function postVulnerability(port: number, Name: string = 'CVE-2024-0001'): Promise<Answer> {
  const path = '/v1/namespaces/debian:12/vulnerabilities';
  const body = { Vulnerability: { Name, NamespaceName: 'debian:12', Severity: 'High' } };
  return ask(port, path, { method: 'POST', body: JSON.stringify(body) });
}

/** Asserts that every read is refused within this time, with a Retry-After. */
async function assertReadsFail(t: TestContext, { ports }: ServeProcess, withinMs: number): Promise<void> {
  const message = 'database: an error occured when querying the backend';
  const [layer, ancestry, affected] = await Promise.all([
    ask(ports.api, '/v1/layers/none'),
    ask(ports.api, '/ancestry/none'),
    ask(ports.api, '/v1/vulnerabilities/CVE-2024-0001/images'),
  ]);
  assert.deepEqual([layer.status, layer.body], [503, `{"Error":{"Message":"${message}"}}\n`]);
  assert.equal(ancestry.status, 503);
  assert.match(ancestry.body, /"code":14/);
  for (const { retryAfter, ms } of [layer, ancestry, ...(affected.status === 404 ? [] : [affected])]) {
    assert.equal(retryAfter, '5');
    assert.ok(ms < withinMs, `a response took ${ms.toFixed(0)} ms`);
  }
  const service = (await loadProtos()).service(`${protoPackage}.AncestryService`);
  const call = grpcClient(t, ports.api).call(service, 'GetAncestry', { ancestry_name: 'none' });
  await assert.rejects(call, { code: 14 });
}

const digest = `sha256:${'a'.repeat(64)}`;

/** Clair v4 answers with 404 then: a manifest must not seem unknown. */
async function assertV4ReadsFail({ ports }: ServeProcess): Promise<void> {
  const paths = [`/indexer/api/v1/index_report/${digest}`, `/matcher/api/v1/vulnerability_report/${digest}`];
  for (const { status, retryAfter, body, ms } of await Promise.all(
    paths.map((path) => ask(ports.api, path)),
  )) {
    assert.deepEqual([status, retryAfter], [503, '5'], body);
    assert.ok(ms < 1500, `a response took ${ms.toFixed(0)} ms`);
  }
}

/** Clair v4 never answers to the first then, and to the second with no manifest. */
function postToV4(port: number): Promise<Answer>[] {
  const vulnerability = {
    id: '1',
    package: { name: 'a' },
    distribution: { did: 'debian', version_id: '12' },
  };
  const bodies = {
    index_report: { hash: digest, layers: [{ hash: digest, uri: 'http://127.0.0.1:1/' }] },
    'internal/affected_manifest/': { vulnerabilities: [vulnerability] },
  };
  return Object.entries(bodies).map(([path, body]) =>
    ask(port, `/indexer/api/v1/${path}`, { method: 'POST', body: JSON.stringify(body) }),
  );
}

async function assertUnhealthy({ ports }: ServeProcess): Promise<void> {
  const { status, body, ms } = await ask(ports.health, '/health');
  assert.deepEqual([status, body], [500, '']);
  assert.ok(ms < 1000, `the health check took ${ms.toFixed(0)} ms`);
  const metrics = await ask(ports.health, '/metrics');
  assert.equal(metrics.status, 200);
  assert.match(metrics.body, /^clair_database_up 0$/m);
}

const outages: Readonly<
  Record<string, readonly [(proxy: TcpProxy) => unknown, (proxy: TcpProxy) => unknown]>
> = {
  'refuses connections': [(proxy) => proxy.refuse(), (proxy) => proxy.open()],
  'does not respond': [
    (proxy) => {
      proxy.stall();
    },
    (proxy) => {
      proxy.resume();
    },
  ],
};

for (const [name, [begin, end]] of Object.entries(outages)) {
  test(`reports soon when PostgreSQL ${name}, and continues at once when it is back`, {
    timeout,
  }, async (t) => {
    const { proxy, url } = await proxyBefore(t, await temporarySchema(t));
    const database = { CLAIR_DATABASE_TYPE: 'pgsql', CLAIR_DATABASE_OPTIONS_SOURCE: url };
    const server = await runServer(t, ['serve'], { ...listening, ...database });
    const { ports } = server;
    assert.equal((await postVulnerability(ports.api)).status, 201);
    assert.equal((await ask(ports.health, '/health')).status, 200);
    await begin(proxy);
    await assertUnhealthy(server);
    await assertReadsFail(t, server, 6000);
    // From here on the outage is known.
    await assertReadsFail(t, server, 1500);
    await assertUnhealthy(server);
    const many = Array.from({ length: 200 }, () => ask(ports.api, '/v1/layers/none'));
    for (const { status } of await Promise.all(many)) assert.equal(status, 503);
    await assertV4ReadsFail(server);
    const waiting = postVulnerability(ports.api);
    await server.logged('database unavailable');
    await end(proxy);
    assert.equal((await waiting).status, 201);
    assert.equal((await ask(ports.api, '/v1/layers/none')).status, 404);
    assert.equal((await ask(ports.health, '/health')).status, 200);
    await server.logged('database available again');
    const failures = server
      .written()
      .filter((line) => /database unavailable|request failed|health check/.test(line));
    assert.ok(failures.length <= 8, failures.join('\n'));
  });
}

test('refuses a change that waits for PostgreSQL at the limit, with a Retry-After', {
  timeout,
}, async (t) => {
  const { proxy, url } = await proxyBefore(t, await temporarySchema(t));
  const database = { CLAIR_DATABASE_TYPE: 'pgsql', CLAIR_DATABASE_OPTIONS_SOURCE: url };
  const { ports } = await runServer(t, ['serve'], { ...listening, ...database });
  await proxy.refuse();
  const answers = await Promise.all([postVulnerability(ports.api), ...postToV4(ports.api)]);
  for (const { status, retryAfter, ms } of answers) {
    assert.deepEqual([status, retryAfter], [503, '5']);
    assert.ok(ms > 10_000 && ms < 25_000, `it took ${ms.toFixed(0)} ms`);
  }
});

test('reads while the SQLite file is locked, and lets changes wait for the lock', {
  timeout,
}, async (t) => {
  const path = join(temporaryDirectory(t), 'clair.db');
  const { ports } = await runServer(t, ['serve'], { ...listening, CLAIR_DATABASE_OPTIONS_PATH: path });
  assert.equal((await postVulnerability(ports.api)).status, 201);
  const other = new DatabaseSync(path);
  t.after(() => {
    other.close();
  });
  other.exec('begin immediate');
  assert.equal((await ask(ports.health, '/health')).status, 200);
  assert.equal((await ask(ports.api, '/v1/layers/none')).status, 404);
  const refused = await Promise.all(
    ['CVE-1', 'CVE-2', 'CVE-3'].map((id) => postVulnerability(ports.api, id)),
  );
  for (const { status, retryAfter, ms } of refused) {
    assert.deepEqual([status, retryAfter], [503, '5']);
    assert.ok(ms > 10_000 && ms < 25_000, `it took ${ms.toFixed(0)} ms`);
  }
  const saved = postVulnerability(ports.api);
  other.exec('rollback');
  assert.equal((await saved).status, 201);
});
