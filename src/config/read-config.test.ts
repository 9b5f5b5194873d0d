import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duration, text, writeDuration } from '../kit/setting.ts';
import { readConfig } from './read-config.ts';
import { settingsWith } from './settings.ts';

const settings = settingsWith({ transports: [] });
const read = (text: string, env: Record<string, string> = {}): ReturnType<typeof readConfig> =>
  readConfig({ settings, file: { name: 'c.yaml', text }, env });

test('without a file everything has its default', () => {
  const config = readConfig({ settings, env: {} });
  assert.equal(config.database.type, 'sqlite');
  assert.equal(config.api.port, 6060);
  assert.equal(config.updater.interval, 7_200_000);
});

test('a file of Clair 2 is read as it is', () => {
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

test('a file of Clair 3 is read as it is', () => {
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

test('everything that is wrong is told at once, with what was meant', () => {
  const text =
    'clair:\n  api: { prot: 1, port: many, timeout: 5 minutes }\n  updatr: {}\n  database: { type: mysql }\n';
  assert.throws(
    () => read(text),
    (error: Error) => {
      assert.equal(
        error.message,
        [
          'c.yaml cannot be used:',
          '  there is no setting updatr; is updater meant?',
          '  database.type takes sqlite or pgsql',
          '  there is no setting api.prot; is api.port meant?',
          '  api.port takes a whole number from 0 on',
          '  api.timeout takes a duration such as 30s, 5m or 1h30m',
        ].join('\n'),
      );
      return true;
    },
  );
  assert.throws(() => read('clair: { api: 1 }'), /api is a section/);
  assert.throws(() => read('api: [}'), /is no YAML/);
  assert.throws(() => read('- clair'), /has to begin with the key clair:/);
  assert.throws(() => read('clair: {}\nclair: {}'), /is no YAML/);
});

test('the environment counts before the file', () => {
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
  assert.throws(() => read('', { CLAIR_API_PORT: 'x' }), /CLAIR_API_PORT takes a whole number/);
});

test('what is wrong with a file is told without its lines, where secrets may be', () => {
  const text = 'clair:\n  notifier:\n    teams:\n      endpoint: "https://teams.test/?sig=hidden" more\n';
  assert.throws(
    () => read(text),
    ({ message }: Error) =>
      /is no YAML: .* at line 4, column \d+$/.test(message) && !message.includes('hidden'),
  );
});

test('a source has settings of its own, in the file and in the environment, and only what is set', () => {
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

test('what is wrong with a source is told, with what was meant', () => {
  const wrong = (text: string) =>
    readConfig({
      settings: settingsWith({ transports: [], sources: ['debian'] }),
      file: { name: 'c.yaml', text: `clair: { updater: { sources: ${text} } }` },
      env: {},
    });
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    [
      '{ debain: { interval: 1h } }',
      /no setting updater\.sources\.debain; is updater\.sources\.debian meant\?/,
    ],
    [
      '{ debian: { intervall: 1h } }',
      /updater\.sources\.debian\.intervall; is updater\.sources\.debian\.interval meant/,
    ],
    ['{ debian: { interval: often } }', /updater\.sources\.debian\.interval takes a duration/],
    ['{ debian: 1h }', /updater\.sources\.debian is a section/],
    ['[debian]', /updater\.sources is a section/],
  ];
  for (const [text, message] of cases) assert.throws(() => wrong(text), { code: 'config-invalid', message });
});

test('durations are written as they are read', () => {
  fc.assert(
    fc.property(fc.nat(1e9), (ms) => {
      const text = `clair: { updater: { interval: ${writeDuration(ms)} } }`;
      assert.equal(read(text).updater.interval, ms);
    }),
  );
});

test('what a transport brings is read below the notifier, as everything else', () => {
  const pager = { name: 'pager', settings: { number: text(''), patience: duration('', 1000) } };
  const settings = settingsWith({ transports: [pager] });
  const written = 'clair: { notifier: { digest: 1h, pager: { number: "117" } } }';
  const env = { CLAIR_NOTIFIER_PAGER_PATIENCE: '5s' };
  const { notifier } = readConfig({ settings, file: { name: 'c.yaml', text: written }, env });
  assert.equal(notifier.digest, 3_600_000);
  assert.deepEqual(notifier['pager'], { number: '117', patience: 5000 });
  const file = { name: 'c.yaml', text: 'clair: { notifier: { pager: { nubmer: 1 }, teams: {} } }' };
  assert.throws(() => readConfig({ settings, file, env: {} }), {
    message:
      'c.yaml cannot be used:\n  there is no setting notifier.teams\n' +
      '  there is no setting notifier.pager.nubmer; is notifier.pager.number meant?',
  });
});
