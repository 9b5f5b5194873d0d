import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { clair, inCheckout } from './clair.ts';
import { sendRaw } from './replay/conversation.ts';
import { runServer } from './serve-process.ts';

/** Configuration files that must not start a server. With the defaults it would be open to all clients. */
const refused: readonly (readonly [title: string, file: string, message: RegExp])[] = [
  [
    'the top key is misspelt',
    'klair: { api: { tokens: [x] } }',
    /line 1: there is no key klair .*did you mean clair\?/,
  ],
  [
    'a file of Clair v4 has an unknown key',
    'http_listen_addr: :6060\nindexer: { connstring: host=hidden, conn: 1 }\n',
    /no key indexer\.conn in a configuration of Clair v4/,
  ],
  ['it is empty', '', /has no key clair/],
  [
    'a setting is misspelt',
    'clair:\n  api: { tokns: [x] }',
    /line 2: .*api\.tokns: did you mean api\.tokens\?/,
  ],
  ['a token is no hash', 'clair: { api: { tokens: ["scan:hidden"] } }', /api\.tokens must have/],
  [
    'sqlite has a connection string',
    'clair: { database: { options: { source: "host=db" } } }',
    /belongs to pgsql/,
  ],
  ['a port is too large', 'clair: { api: { addr: "127.0.0.1:99999" } }', /api\.addr takes an address/],
];

for (const [title, text, message] of refused)
  test(`config check and serve end with 2 and the same message, and create no database, when ${title}`, (t) => {
    const { file, cache } = writeConfig(t, text);
    const runs = [['config', 'check'], ['serve']].map((command) =>
      clair([...command, '--config', file], { XDG_CACHE_HOME: cache }),
    );
    assert.deepEqual(
      runs.map(({ status }) => status),
      [2, 2],
    );
    assert.match(runs[0]?.stderr ?? '', message);
    assert.equal(runs[0]?.stderr, runs[1]?.stderr);
    assert.doesNotMatch(runs[0]?.stderr ?? '', /hidden/);
    assert.equal(existsSync(join(cache, 'clair', 'clair.db')), false);
  });

test('config check and serve end with 2 for a misspelt variable but not for that of an option', () => {
  for (const command of [['config', 'check'], ['serve']])
    for (const name of ['CLAIR_API_PRT', 'CLAIR_API_PROT']) {
      const { status, stderr } = clair(command, { [name]: '1' });
      assert.equal(status, 2);
      assert.ok(stderr.includes(`${name} names no setting: did you mean CLAIR_API_PORT?`), stderr);
    }
  const { status, stdout } = clair(['config', 'check'], {
    CLAIR_PLUGIN: 'a',
    CLAIR_DB: 'b',
    CLAIR_COLOUR: 'c',
  });
  assert.equal(status, 0);
  assert.match(stdout, /^unknown variables, which have no effect: CLAIR_COLOUR\n/);
});

test('config check warns when a file of Clair v4 would refuse layers of private networks', (t) => {
  const { file } = writeConfig(t, 'indexer: { connstring: "host=db" }\nhttp_listen_addr: ":6060"\n');
  const warning = /^warning: layers are read from public addresses only; set CLAIR_WORKER_SOURCES_NETWORKS /m;
  assert.match(clair(['config', 'check', '--config', file]).stdout, warning);
  const listed = { CLAIR_WORKER_SOURCES_NETWORKS: '10.0.0.0/8' };
  assert.doesNotMatch(clair(['config', 'check', '--config', file], listed).stdout, /warning/);
});

test('explains how to name a database when the cache directory cannot be used', () => {
  const { status, stderr } = clair(['serve'], { XDG_CACHE_HOME: '/dev/null' });
  assert.equal(status, 3);
  assert.match(stderr, /^clair: the cache directory .*; set database\.options\.path, or .* XDG_CACHE_HOME$/m);
});

test('warns at start when the API listens on all addresses without tokens', async (t) => {
  const { file } = writeConfig(t, serving('0.0.0.0:0'));
  const open = await runServer(t, ['serve', '--config', file], { CLAIR_COLOUR: 'red' });
  const warning = await open.logged('the API listens on', 'api.tokens');
  assert.match(warning, /"level":"warn".*"address":"0\.0\.0\.0:\d+".*without tokens/);
  await open.logged('unknown environment variables', 'CLAIR_COLOUR');
  await open.end();
  const local = await runServer(t, ['serve', '--config', writeConfig(t, serving('127.0.0.1:0')).file]);
  await local.end();
  assert.ok(!local.written().some((line) => line.includes('without tokens')));
});

test('warns at start that layers are read only from public addresses when the API listens on all addresses', async (t) => {
  const open = await runServer(t, ['serve', '--config', writeConfig(t, serving('0.0.0.0:0')).file]);
  assert.match(await open.logged('worker.sources.policy is auto'), /"level":"warn".*auto means strict/);
  await open.end();
  for (const [address, policy] of [
    ['127.0.0.1:0', 'auto'],
    ['0.0.0.0:0', 'open'],
  ] as const) {
    const { file } = writeConfig(t, serving(address));
    const silent = await runServer(t, ['serve', '--config', file], { CLAIR_WORKER_SOURCES_POLICY: policy });
    await silent.end();
    assert.ok(!silent.written().some((line) => line.includes('auto means strict')), policy);
  }
});

test('config token prints a token and the only entry that admits it', async (t) => {
  const { status, stdout } = clair(['config', 'token', '--scope', 'read', '--name', 'ci']);
  assert.equal(status, 0);
  const [, token = '', entry = ''] = /\n {2}(\S+)\n.*\n {2}(\S+)\n$/.exec(stdout) ?? [];
  assert.equal(entry, `read:${createHash('sha256').update(token).digest('hex')}:ci`);
  const text = serving('127.0.0.1:0').replace('healthaddr', `tokens: ["${entry}"], healthaddr`);
  const { file } = writeConfig(t, `${text}  log: { level: warn }\n`);
  const server = await runServer(t, ['serve', '--config', file, '--log-level', 'info']);
  const get = async (given: string): Promise<number> => {
    const headers = { Authorization: `Bearer ${given}` };
    return (await sendRaw(server.ports.api, { method: 'GET', path: '/v1/namespaces', headers, body: null }))
      .status;
  };
  assert.deepEqual([await get(token), await get(entry)], [200, 401]);
  await server.logged('request', '"token":"ci"');
  await server.logged('access refused', 'unknown token');
  assert.equal(clair(['config', 'token', '--name', 'a b']).status, 2);
});

test('writes the last log lines in the configured format when the server ends', async (t) => {
  const { file } = writeConfig(t, serving('127.0.0.1:0'));
  const server = await runServer(t, ['serve', '--config', file, '--log-level', 'debug']);
  await sendRaw(server.ports.health, { method: 'GET', path: '/health', headers: {}, body: null });
  await server.end();
  const lines = server.written().map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.slice(-2).map(({ level, msg }) => [level, msg]),
    [
      ['info', 'stopping'],
      ['info', 'stopped'],
    ],
  );
  for (const { time } of lines) assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(lines.some(({ level, route }) => level === 'debug' && route === 'health'));
  // An address that this machine does not have ends the server right after its first line.
  const away = writeConfig(t, `${serving('192.0.2.1:0')}  log: { format: text }\n`);
  const { status, stderr } = clair(['serve', '--config', away.file], { CLAIR_COLOUR: 'red' });
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^\d{4}-\S+Z WARN {2}unknown environment variables without effect variables=\["CLAIR_COLOUR"\]\n/,
  );
});

test('is ready only after its advisories are loaded', async (t) => {
  const ready = async (text: string, awaited?: string): Promise<readonly [status: number, body: object]> => {
    const server = await runServer(t, ['serve', '--config', writeConfig(t, text).file]);
    if (awaited !== undefined) await server.logged(awaited);
    const request = { method: 'GET', path: '/ready', headers: {}, body: null };
    const { status, body } = await sendRaw(server.ports.health, request);
    await server.end();
    return [status, (JSON.parse(body) as { feeds: object }).feeds];
  };
  const text = serving('127.0.0.1:0');
  const [status, feeds] = await ready(text);
  assert.equal(status, 503);
  assert.ok('waiting' in feeds && Number(feeds.waiting) > 0);
  const mirror = inCheckout('examples/mirror');
  const updater = `updater: { enabledupdaters: [alpine], mirror: ${mirror}, sources: { alpine: { feeds: [v3.20/main] } } }`;
  assert.deepEqual(await ready(text.replace('updater: { interval: 0 }', updater), 'feed updated'), [
    200,
    { loaded: 1, unavailable: 0, waiting: 0 },
  ]);
});

test('the example in docs/server.md has the hash of the token in its request', () => {
  const page = readFileSync(inCheckout('docs/server.md'), 'utf8');
  const [, token = ''] = /curl -H "Authorization: Bearer (example-\S+)"/.exec(page) ?? [];
  const sum = createHash('sha256').update(token).digest('hex');
  assert.ok(page.includes(`printf %s ${token} | sha256sum\n${sum}  -\n`));
  const entries = Array.from(page.matchAll(/- scan:([\da-f]{64}):ci$/gm), ([, hash]) => hash);
  assert.deepEqual(entries, [sum, sum]);
});

/** Settings of a server that fetches no feeds and stores nothing. */
function serving(address: string): string {
  return `clair:
  api: { addr: "${address}", healthaddr: "127.0.0.1:0" }
  updater: { interval: 0 }
  database: { options: { path: ":memory:" } }
`;
}

/** Creates a configuration file and an empty cache directory. */
function writeConfig(t: TestContext, text: string): { readonly file: string; readonly cache: string } {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'config.yaml');
  writeFileSync(file, text);
  return { file, cache: join(directory, 'cache') };
}

/** Returns a configuration with the keys of Clair v4's own sample. */
function clair4Sample(connstring: string): string {
  const migrations = { connstring, migrations: true };
  const webhook = {
    target: 'http://webhook.test/',
    callback: 'http://clair.test/notifier/api/v1/notification',
  };
  const tls = { root_ca: 'optional', cert: 'mandatory', key: 'mandatory' };
  const exchange = { name: '', type: 'direct', durable: true, auto_delete: false };
  const shared = { direct: false, callback: webhook.callback, tls };
  return JSON.stringify({
    introspection_addr: 'localhost:0',
    http_listen_addr: 'localhost:0',
    log_level: 'debug',
    indexer: { ...migrations, scanlock_retry: 10, layer_scan_concurrency: 5 },
    matcher: {
      ...migrations,
      indexer_addr: 'localhost:8080',
      max_conn_pool: 100,
      updater_sets: ['alpine'],
      disable_updaters: true,
    },
    matchers: { names: ['alpine-matcher', 'python'], config: {} },
    notifier: {
      ...migrations,
      indexer_addr: 'http://clair-indexer:8080/',
      matcher_addr: 'http://clair-matcher:8080/',
      delivery_interval: '1m',
      poll_interval: '5m',
      webhook,
      amqp: { exchange, uris: ['amqp://user:hidden@host:10000/vhost'], routing_key: 'x', ...shared },
      stomp: { destination: 'notifications', login: { login: 'username', passcode: 'hidden' }, ...shared },
    },
    trace: {
      name: 'jaeger',
      probability: 1,
      jaeger: { agent: { endpoint: 'localhost:6831' }, service_name: 'clair' },
    },
    metrics: { name: 'prometheus' },
  });
}

test('starts with a configuration and the variables of Clair v4', async (t) => {
  const postgres = sharedEngines.find(({ name }) => name === 'postgresql') ?? assert.fail();
  const { file } = writeConfig(t, clair4Sample(await postgres.createEmptyLocation(t)));
  const server = await runServer(t, [], { CLAIR_CONF: file, CLAIR_MODE: 'combo' });
  await server.logged('keys of Clair v4 without effect', 'notifier.amqp');
  const answer = async (port: number, path: string) => {
    const { status, body } = await sendRaw(port, { method: 'GET', path, headers: {}, body: null });
    return [status, body];
  };
  assert.deepEqual(await answer(server.ports.health, '/healthz'), [200, 'ok']);
  // No advisories are loaded, as the sample turns the updaters off.
  const [status, body] = await answer(server.ports.health, '/readyz');
  assert.deepEqual([status, /"ready":false/.test(String(body))], [503, true]);
  const [metricsStatus, metrics] = await answer(server.ports.health, '/metrics');
  assert.equal(metricsStatus, 200);
  assert.match(String(metrics), /^# TYPE clair_updater_errors_total counter$/m);
  assert.equal((await answer(server.ports.api, '/indexer/api/v1/index_state'))[0], 200);
  assert.equal((await answer(server.ports.api, '/openapi/v1'))[0], 200);
  await server.end();
  assert.doesNotMatch(server.written().join(), /hidden/);
});

/** Returns a configuration with the keys of the samples of Clair v2 and v3. Empty values are as there. */
function clairSample(connstring: string): string {
  return `clair:
  database:
    type: pgsql
    options: { source: "${connstring}", cachesize: 16384, paginationkey: }
  api: { addr: "127.0.0.1:0", healthaddr: "127.0.0.1:0", timeout: 900s, paginationkey: , servername: , cafile: , keyfile: , certfile: }
  worker:
    namespace_detectors: [os-release, lsb-release, apt-sources, alpine-release, redhat-release]
    feature_listers: [apk, dpkg, rpm]
  updater: { interval: 0, enabledupdaters: [debian, ubuntu, rhel, oracle, alpine, suse] }
  notifier:
    attempts: 3
    renotifyinterval: 2h
    http: { endpoint: , servername: , cafile: , keyfile: , certfile: , proxy: }
`;
}

test('starts with the keys of the samples of Clair v2 and v3', async (t) => {
  const postgres = sharedEngines.find(({ name }) => name === 'postgresql') ?? assert.fail();
  const { file } = writeConfig(t, clairSample(await postgres.createEmptyLocation(t)));
  const server = await runServer(t, [`-config=${file}`]);
  assert.equal(
    (await sendRaw(server.ports.api, { method: 'GET', path: '/v1/namespaces', headers: {}, body: null }))
      .status,
    200,
  );
  assert.equal(
    (await sendRaw(server.ports.health, { method: 'GET', path: '/health', headers: {}, body: null })).status,
    200,
  );
  await server.end();
});
