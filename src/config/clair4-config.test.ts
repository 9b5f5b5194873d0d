import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { transportKinds } from '../extensions.ts';
import { clair4Keys } from './clair4-keys.ts';
import { readConfig } from './read-config.ts';
import { type Config, settingsWith } from './settings.ts';

const settings = settingsWith({ transports: transportKinds });

function read(
  text: string,
  onKeysWithoutEffect: (notes: readonly string[]) => void = () => undefined,
): Config {
  return readConfig({ settings, file: { name: 'c.yaml', text }, env: {}, onKeysWithoutEffect });
}

/** The configuration of a developer's machine in Quay's and Clair's repositories has these keys. */
const file = `
log_level: debug-color
introspection_addr: ":8089"
http_listen_addr: localhost:6060
updaters: { sets: [ubuntu, debian, rhel-vex, aws] }
auth: { psk: { key: bm90LWEtcmVhbC1rZXk=, iss: [quay, clairctl] } }
indexer:
  connstring: host=clair-database user=clair dbname=clair sslmode=disable
  scanlock_retry: 10
  migrations: true
matcher: { indexer_addr: "http://clair-indexer:6060/", connstring: host=other, period: 30m, migrations: true }
matchers: {}
notifier:
  connstring: host=other
  delivery_interval: 1m
  webhook:
    target: http://quay.test/secscan/notification
    callback: http://clair.test:6060/notifier/api/v1/notification
    headers: { X-Hook: [one, "a,b"] }
  amqp: { uris: ["amqp://broker.test/"], tls: { cert: none } }
trace: { name: otlp, otlp: { http: { endpoint: "collector.test:4318", insecure: true } } }
metrics: { name: prometheus }
`;

test('maps a configuration of Clair v4', () => {
  const { api, database, log, notifier, tracing, updater } = read(file);
  assert.deepEqual([api.addr, api.healthaddr, log.level], ['localhost:6060', ':8089', 'debug']);
  assert.equal(database.type, 'pgsql');
  assert.equal(database.options.source, 'host=clair-database user=clair dbname=clair sslmode=disable');
  assert.deepEqual(api.v4, {
    notready: '202',
    pskkey: 'bm90LWEtcmVhbC1rZXk=',
    pskissuers: ['quay', 'clairctl'],
  });
  assert.equal(updater.interval, 30 * 60_000);
  assert.deepEqual(updater.enabledupdaters, [
    ...['ubuntu', 'ubuntu-oval', 'debian', 'rhel', 'rhel-oval', 'amazon'],
  ]);
  assert.equal(tracing.endpoint, 'http://collector.test:4318');
  const { clair4, amqp } = notifier as unknown as Brokers & { readonly clair4: unknown };
  assert.deepEqual(clair4, {
    endpoint: 'http://quay.test/secscan/notification',
    callback: 'http://clair.test:6060/notifier/api/v1/notification',
    headers: 'X-Hook=one,X-Hook=a%2Cb',
    pskkey: 'bm90LWEtcmVhbC1rZXk=',
    cafile: '',
    proxy: '',
  });
  assert.deepEqual(amqp, { ...amqp, uris: [], certfile: '' });
});

test('names updaters of Clair v4 that have no source here, and keeps the others', () => {
  const known = settingsWith({ transports: transportKinds, sources: ['debian', 'rhel', 'rhel-oval'] });
  const readSets = (sets: string, env = {}): readonly [readonly string[], readonly string[]] => {
    const notes: string[] = [];
    const text = `indexer: { connstring: host=db }\nupdaters: { sets: [${sets}] }`;
    const config = readConfig({
      settings: known,
      file: { name: 'c.yaml', text },
      env,
      onKeysWithoutEffect: (found) => notes.push(...found),
    });
    return [config.updater.enabledupdaters, notes];
  };
  const note = 'updaters.sets: There is no source redhat_pypi. Its advisories are not loaded.';
  assert.deepEqual(readSets('rhel-vex, redhat_pypi'), [['rhel', 'rhel-oval'], [note]]);
  assert.deepEqual(readSets('debian'), [['debian'], []]);
  assert.deepEqual(readSets('redhat_pypi'), [['redhat_pypi'], []], 'an empty list would mean all sources');
  assert.deepEqual(readSets('debian, mine', { CLAIR_PLUGINS: './p.ts' }), [['debian', 'mine'], []]);
});

test('maps the brokers of Clair v4, of which the first is used', () => {
  const amqpSection = `amqp:
    uris: ["amqps://broker.test/"]
    exchange: { name: clair, type: direct }
    routing_key: key
    direct: true
    rollup: 5
    tls: { root_ca: ca.pem, cert: cert.pem, key: key.pem }`;
  const stompSection = `stomp:
    uris: ["broker.test:61614"]
    destination: /queue/clair
    callback: http://clair.test/
    user: { login: me, passcode: word }
    tls: { cert: cert.pem, key: key.pem }`;
  const notifierOf = (...sections: readonly string[]): Brokers =>
    read(['notifier:', ...sections.map((one) => `  ${one}`)].join('\n')).notifier as unknown as Brokers;
  const { amqp, stomp } = notifierOf(amqpSection, stompSection);
  assert.deepEqual(amqp, {
    uris: ['amqps://broker.test/'],
    exchange: 'clair',
    routingkey: 'key',
    callback: '',
    direct: true,
    rollup: 5,
    cafile: 'ca.pem',
    certfile: 'cert.pem',
    keyfile: 'key.pem',
  });
  assert.deepEqual(stomp.uris, []);
  assert.deepEqual(notifierOf(stompSection).stomp, {
    uris: ['broker.test:61614'],
    destination: '/queue/clair',
    callback: 'http://clair.test/',
    login: 'me',
    passcode: 'word',
    host: '/',
    tls: true,
    direct: false,
    rollup: 0,
    cafile: '',
    certfile: 'cert.pem',
    keyfile: 'key.pem',
  });
});

interface Brokers {
  readonly amqp: { readonly uris: readonly string[] };
  readonly stomp: { readonly uris: readonly string[] };
}

test('uses the addresses of Clair v4 by default, and turns updates off', () => {
  const { api, updater } = read('matcher: { connstring: host=db, disable_updaters: true, period: 1h }');
  assert.deepEqual([api.addr, api.healthaddr, updater.interval], [':6060', ':8089', 0]);
});

test('uses the one database that any section names, and the variables of libpq for an empty text', () => {
  const sourceOf = (text: string): string => read(text).database.options.source;
  for (const section of ['indexer', 'matcher', 'notifier'])
    assert.equal(sourceOf(`${section}: { connstring: host=db }`), 'host=db', section);
  assert.equal(sourceOf('indexer: { connstring: "" }\nmatcher: { connstring: host=db }'), 'host=db');
  assert.equal(sourceOf('indexer: { connstring: "" }'), 'postgresql://');
  assert.equal(sourceOf('indexer: { migrations: true }'), '');
});

test('uses the default addresses of Clair v4 for empty ones', () => {
  const { api } = read('http_listen_addr: ""\nintrospection_addr: ""');
  assert.deepEqual([api.addr, api.healthaddr], [':6060', ':8089']);
});

test('refuses a file of Clair v4 with drop-ins, as their settings would be missing', () => {
  const open = (text: string) =>
    readConfig({ settings, file: { name: 'c.yaml', text, dropIns: ['c.yaml.d/auth.yaml'] }, env: {} });
  assert.throws(() => open('http_listen_addr: ":1"'), {
    code: 'config-invalid',
    message: /c\.yaml\.d\/auth\.yaml is not read, unlike in Clair v4/,
  });
  assert.equal(open('clair: {}').api.addr, '');
});

test('names each key without effect', () => {
  const notes: string[] = [];
  read(file, (found) => notes.push(...found));
  assert.deepEqual(
    notes.map((note) => note.split(':')[0]),
    [
      ...[
        'notifier.amqp',
        'matcher.connstring',
        'notifier.connstring',
        'indexer.migrations',
        'matcher.migrations',
        'indexer.scanlock_retry',
      ],
      ...['matcher.indexer_addr', 'notifier.delivery_interval', 'metrics.name'],
      ...['trace.name'],
    ],
  );
});

test('posts spans by HTTPS unless Clair v4 was set to HTTP', () => {
  const endpointOf = (http: string): string =>
    read(`indexer: { connstring: host=db }\ntrace: { otlp: { http: { ${http} } } }`).tracing.endpoint;
  assert.equal(endpointOf('endpoint: "collector.test:4318"'), 'https://collector.test:4318');
  assert.equal(endpointOf('endpoint: "collector.test:4318", insecure: false'), 'https://collector.test:4318');
  assert.equal(endpointOf('endpoint: "collector.test:4318", insecure: true'), 'http://collector.test:4318');
  assert.equal(endpointOf('endpoint: "http://collector.test", insecure: false'), 'http://collector.test');
});

test('says of a key within a refused section that has no effect what is true of it', () => {
  const notes: string[] = [];
  const config = (rhel: string): string =>
    `indexer: { connstring: host=db }\nupdaters: { config: { rhel: ${rhel} } }`;
  read(config('{ ignore_unpatched: true }'), (found) => notes.push(...found));
  assert.deepEqual(notes, [
    'updaters.config.rhel.ignore_unpatched: Unfixed vulnerabilities are loaded as well. Each report says which have a fix.',
  ]);
  for (const other of ['{ ignore_unpatched: true, url: "http://secret/" }', '{ empty: {} }'])
    assert.throws(() => read(config(other)), /updaters\.config\.\* is refused/);
});

test('refuses unknown keys, a key without issuers, and what would be unsafe to ignore', () => {
  for (const [text, problem] of [
    [
      'indexer: { connstring: host=db, nonsense: 1 }',
      /no key indexer\.nonsense in a configuration of Clair v4/,
    ],
    ['http_listen_addr: ":1"\nnonsense: 1', /no key nonsense/],
    ['indexer: 1', /indexer is a section/],
    ['auth: { psk: { key: c2VjcmV0 } }', /auth\.psk\.iss names no issuer/],
    ['auth: { keyserver: { api: "http://secret/" } }', /auth\.keyserver\.\* is refused/],
    ['updaters: { filter: secret }', /updaters\.filter is refused/],
    ['updaters: { config: { debian: { mirror_url: "http://secret/" } } }', /updaters\.config\.\* is refused/],
    ['notifier: { amqp: { vhost: secret } }', /no key notifier\.amqp\.vhost/],
    ['log_level: loud', /log\.level takes/],
    ['matcher: { period: often }', /updater\.interval takes a duration/],
    ['matcher: { period: 5 }', /updater\.interval takes a duration/],
  ] as const)
    assert.throws(
      () => read(text),
      ({ message }: Error) => problem.test(message) && !/secret|c2VjcmV0/.test(message),
      text,
    );
});

test('docs/reference/configuration-v4.md names every key with what it does', () => {
  const path = new URL('../../docs/reference/configuration-v4.md', import.meta.url);
  const text = readFileSync(path, 'utf8');
  for (const [key, { note }] of Object.entries(clair4Keys))
    assert.ok(text.includes(`| \`${key}\` | ${note} |`), key);
});
