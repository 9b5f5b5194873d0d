import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duration, string, writeDuration } from '../core/setting.ts';
import { readConfig } from './read-config.ts';
import { settingsWith } from './settings.ts';

const settings = settingsWith({ transports: [] });
const read = (text: string, env: Record<string, string> = {}): ReturnType<typeof readConfig> =>
  readConfig({ settings, file: { name: 'c.yaml', text }, env });

test('uses all defaults when there is no file', () => {
  const config = readConfig({ settings, env: {} });
  assert.equal(config.database.type, 'sqlite');
  assert.equal(config.api.port, 6060);
  assert.equal(config.updater.interval, 7_200_000);
});

test('reads an unchanged file of Clair 2', () => {
  const config = read(`# The values specified here are the default values
clair:
  database:
    type: pgsql
    options:
      source: host=localhost port=5432 user=postgres sslmode=disable statement_timeout=60000
      cachesize: 16384
  api:
    port: 6060
    healthport: 6061
    timeout: 900s
    paginationkey:
    servername:
    cafile:
  updater:
    interval: 2h
`);
  assert.equal(
    config.database.options.source,
    'host=localhost port=5432 user=postgres sslmode=disable statement_timeout=60000',
  );
  assert.equal(config.api.timeout, 900_000);
  assert.equal(config.api.paginationkey, '');
});

test('reads an unchanged file of Clair 3', () => {
  const config = read(`clair:
  api: { addr: "0.0.0.0:6060", healthaddr: "0.0.0.0:6061" }
  worker: { namespace_detectors: [os-release, lsb-release], feature_listers: [apk, dpkg] }
  updater: { interval: 1h30m, enabledupdaters: [debian, alpine] }
`);
  assert.equal(config.api.addr, '0.0.0.0:6060');
  assert.deepEqual(config.updater.enabledupdaters, ['debian', 'alpine']);
  assert.deepEqual(config.worker.feature_listers, ['apk', 'dpkg']);
  assert.equal(config.updater.interval, 5_400_000);
});

test('lists all problems in one error, each with the nearest setting', () => {
  const text =
    'clair:\n  api: { prot: 1, port: many, timeout: 5 minutes }\n  updatr: {}\n  database: { type: mysql }\n';
  assert.throws(
    () => read(text),
    (error: Error) => {
      assert.equal(
        error.message,
        [
          'c.yaml cannot be used:',
          '  line 3: there is no setting updatr: did you mean updater?',
          '  line 4: database.type takes sqlite or pgsql, not "mysql"',
          '  line 2: there is no setting api.prot: did you mean api.port?',
          '  line 2: api.port takes a port from 0 to 65535, not "many"',
          '  line 2: api.timeout takes a duration such as 30s, 5m or 1h30m, not "5 minutes"',
        ].join('\n'),
      );
      return true;
    },
  );
  assert.throws(() => read('clair: { api: 1 }'), /api is a section/);
  assert.throws(() => read('api: [}'), /is not valid YAML/);
  assert.throws(() => read('- clair'), /must begin with the key clair:/);
  assert.throws(() => read('clair: {}\nclair: {}'), /is not valid YAML/);
});

test('prefers the environment to the file', () => {
  const env = {
    CLAIR_API_PORT: '7070',
    CLAIR_UPDATER_ENABLEDUPDATERS: 'debian, alpine',
    CLAIR_DATABASE_OPTIONS_SOURCE: 'postgresql://u:p@h/d',
    CLAIR_UPDATER_INTERVAL: '0',
  };
  const config = read('clair: { api: { port: 1 } }', env);
  assert.equal(config.api.port, 7070);
  assert.equal(config.updater.interval, 0);
  assert.deepEqual(config.updater.enabledupdaters, ['debian', 'alpine']);
  assert.equal(config.database.options.source, 'postgresql://u:p@h/d');
  assert.throws(() => readConfig({ settings, env: { CLAIR_API_PORT: 'x' } }), {
    message: 'the environment cannot be used:\n  CLAIR_API_PORT takes a port from 0 to 65535, not "x"',
  });
});

test('names the file when it has an alias bomb, an alias without anchor or endless nesting', () => {
  const doubled = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n');
  const bomb = `a0: &a0 x\n${doubled}\nclair: { api: { addr: *a30 } }`;
  for (const text of [bomb, 'clair: *nowhere', `clair: ${'['.repeat(20_000)}`, '- '.repeat(20_000)])
    assert.throws(() => read(text), {
      code: 'config-invalid',
      message:
        /^.+ cannot be read as YAML: .+\. Write the values out instead of using aliases or nested lists$/s,
    });
  assert.throws(() => readConfig({ settings, env: { CLAIR_API_PORT: '*nowhere' } }), {
    message: 'the environment cannot be used:\n  CLAIR_API_PORT takes a port from 0 to 65535, not "*nowhere"',
  });
});

test('quotes no line of the file when it is not valid YAML, because lines may contain secrets', () => {
  const text = 'clair:\n  notifier:\n    teams:\n      endpoint: "https://teams.test/?sig=hidden" more\n';
  assert.throws(
    () => read(text),
    ({ message }: Error) =>
      /is not valid YAML: .* at line 4, column \d+$/.test(message) && !message.includes('hidden'),
  );
});

test('reads the settings of a source from the file and the environment, and only those that are set', () => {
  const text =
    'clair: { updater: { sources: { debian: { interval: 30m, feeds: [tracker] }, alpine: { mirror: } } } }';
  assert.deepEqual(read(text).updater.sources, { debian: { interval: 1_800_000, feeds: ['tracker'] } });
  const env = { CLAIR_UPDATER_SOURCES_RHEL_OVAL_MIRROR: '/srv', CLAIR_UPDATER_SOURCES_DEBIAN_INTERVAL: '1h' };
  const file = { name: 'c.yaml', text: text.replace('alpine', 'rhel') };
  const sources = ['debian', 'rhel', 'rhel-oval'];
  const all = readConfig({ settings: settingsWith({ transports: [], sources }), file, env });
  assert.deepEqual(all.updater.sources, {
    debian: { interval: 3_600_000, feeds: ['tracker'] },
    'rhel-oval': { mirror: '/srv' },
  });
});

test('reports problems of a source with the nearest setting', () => {
  const wrong = (text: string) =>
    readConfig({
      settings: settingsWith({ transports: [], sources: ['debian'] }),
      file: { name: 'c.yaml', text: `clair: { updater: { sources: ${text} } }` },
      env: {},
    });
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    [
      '{ debain: { interval: 1h } }',
      /no setting updater\.sources\.debain: did you mean updater\.sources\.debian\?/,
    ],
    [
      '{ debian: { intervall: 1h } }',
      /updater\.sources\.debian\.intervall: did you mean updater\.sources\.debian\.interval\?/,
    ],
    ['{ debian: { interval: often } }', /updater\.sources\.debian\.interval takes a duration/],
    ['{ debian: 1h }', /updater\.sources\.debian is a section/],
    ['[debian]', /updater\.sources is a section/],
  ];
  for (const [text, message] of cases) assert.throws(() => wrong(text), { code: 'config-invalid', message });
});

test('reads back every duration that writeDuration writes', () => {
  fc.assert(
    fc.property(fc.nat(1e9), (ms) => {
      const text = `clair: { updater: { interval: ${writeDuration(ms)} } }`;
      assert.equal(read(text).updater.interval, ms);
    }),
  );
});

test('reads the settings of a transport below the notifier', () => {
  const pager = { name: 'pager', settings: { number: string(''), patience: duration('', 1000) } };
  const settings = settingsWith({ transports: [pager] });
  const yaml = 'clair: { notifier: { digest: 1h, pager: { number: "117" } } }';
  const env = { CLAIR_NOTIFIER_PAGER_PATIENCE: '5s' };
  const { notifier } = readConfig({ settings, file: { name: 'c.yaml', text: yaml }, env });
  assert.equal(notifier.digest, 3_600_000);
  assert.deepEqual(notifier['pager'], { number: '117', patience: 5000 });
  const file = { name: 'c.yaml', text: 'clair: { notifier: { pager: { nubmer: 1 }, teams: {} } }' };
  assert.throws(() => readConfig({ settings, file, env: {} }), {
    message:
      'c.yaml cannot be used:\n  line 1: there is no setting notifier.teams\n' +
      '  line 1: there is no setting notifier.pager.nubmer: did you mean notifier.pager.number?',
  });
});

test('refuses a misspelt top-level key when there is no key clair, instead of using defaults without tokens', () => {
  const yaml = 'klair:\n  api: { tokens: [] }\n';
  assert.throws(() => read(yaml), {
    code: 'config-invalid',
    message:
      'c.yaml has no key clair, which contains all settings; write "clair: {}" to use the defaults:\n' +
      '  line 1: there is no key klair at the top level: did you mean clair?',
  });
  assert.throws(() => read('\nclair: {}\nklair: {}'), /line 3: there is no key klair at the top level/);
  assert.throws(
    () => read('clair: {}\napi: {}'),
    /line 2: api is beside clair: indent it below the key clair/,
  );
  assert.throws(() => read('clair: {}\nupdatr: {}'), /line 2: .* updatr .*did you mean clair\.updater\?/);
});

test('refuses a file without the key clair, and accepts one whose key is empty', () => {
  for (const yaml of ['', '# nothing\n', '{}', 'null'])
    assert.throws(
      () => read(yaml),
      /^Error: c\.yaml has no key clair|^ClairError: c\.yaml has no key clair/,
      yaml,
    );
  for (const yaml of ['clair:', 'clair: {}', 'clair: ~']) assert.equal(read(yaml).api.port, 6060);
  assert.throws(() => read('clair: 1'), /clair is a section/);
});

test('suggests a setting when a variable is misspelt, and reports variables that resemble no setting', () => {
  const unknown: string[] = [];
  const readEnv = (env: Record<string, string>) =>
    readConfig({
      settings,
      env,
      optionVariables: new Set(['CLAIR_PLUGIN']),
      onUnknownVariables: (names) => unknown.push(...names),
    });
  assert.throws(() => readEnv({ CLAIR_API_PRT: '1' }), {
    code: 'config-invalid',
    message:
      'the environment cannot be used:\n  CLAIR_API_PRT names no setting: did you mean CLAIR_API_PORT?',
  });
  readEnv({ CLAIR_REGISTRY_TOKEN: 'a', CLAIR_TEST_IMAGES: 'b', CLAIR_PLUGIN: 'c', PATH: '/bin' });
  readEnv({
    CLAIR_SERVICE_HOST: '10.0.0.1',
    CLAIR_PORT: 'tcp://10.0.0.1:6060',
    CLAIR_PORT_6060_TCP_PORT: '6060',
    CLAIR_PORT_6060_TCP: 'tcp://10.0.0.1:6060',
    CLAIR_API_SERVICE_PORT_HTTP: '6060',
  });
  assert.deepEqual(unknown, []);
  readEnv({ CLAIR_COLOUR: 'red', CLAIR_BUILD_NUMBER: '7' });
  assert.deepEqual(unknown, ['CLAIR_BUILD_NUMBER', 'CLAIR_COLOUR']);
});

test('uses the port of the file when Kubernetes sets CLAIR_API_PORT to the address of a service', () => {
  const env = { CLAIR_API_PORT: 'tcp://10.0.0.1:6060' };
  assert.equal(read('clair: { api: { port: 7070 } }', env).api.port, 7070);
  assert.equal(readConfig({ settings, env }).api.port, 6060);
});

test('refuses a number without a unit, which would count nanoseconds and make the updater run without pause', () => {
  const problem = 'updater.interval takes a duration such as 30s, 5m or 1h30m, not 2';
  assert.throws(() => read('clair: { updater: { interval: 2 } }'), {
    message: `c.yaml cannot be used:\n  line 1: ${problem}`,
  });
  assert.throws(() => readConfig({ settings, env: { CLAIR_UPDATER_INTERVAL: '3600' } }), /takes a duration/);
  assert.equal(read('clair: { updater: { interval: 0 } }').updater.interval, 0);
  assert.equal(read('clair: { updater: { interval: 7200000000000 } }').updater.interval, 7_200_000);
});

test('does not blame the file when a variable alone is wrong', () => {
  assert.throws(() => read('clair: {}', { CLAIR_API_PORT: 'x' }), {
    message: 'the environment cannot be used:\n  CLAIR_API_PORT takes a port from 0 to 65535, not "x"',
  });
});

test('shows a wrong value unless it is a secret, on one line and without credentials', () => {
  const wrong = (yaml: string) => () => read(`clair: ${yaml}`);
  assert.throws(wrong('{ api: { tokens: hidden-token } }'), {
    message: 'c.yaml cannot be used:\n  line 1: api.tokens takes a list of texts',
  });
  assert.throws(wrong('{ updater: { mirror: ["https://u:hidden@mirror.test/\\n"] } }'), {
    message:
      'c.yaml cannot be used:\n  line 1: updater.mirror takes text, not ["https://(secret)@mirror.test/\\n"]',
  });
  assert.throws(
    wrong(`{ api: { port: ${'9'.repeat(5000)} } }`),
    ({ message }: Error) => message.length < 300,
  );
});
