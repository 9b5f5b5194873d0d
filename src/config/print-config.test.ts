import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, secretString } from '../core/setting.ts';
import { printConfig } from './print-config.ts';
import { readConfig } from './read-config.ts';
import { secretsIn } from './secrets.ts';
import { settingsWith } from './settings.ts';

const settings = settingsWith({
  transports: [{ name: 'pager', settings: { number: secretString(''), patience: duration('', 1000) } }],
});
const read = (text: string): ReturnType<typeof readConfig> =>
  readConfig({ settings, file: { name: 'c.yaml', text }, env: {} });

test('prints a file that can be read back, without secrets', () => {
  const config = read(
    'clair: { database: { options: { source: "postgresql://u:hidden@h/d" } }, updater: { interval: 90s } }',
  );
  const printed = printConfig(config, settings);
  assert.ok(!printed.includes('hidden'));
  const again = read(printed);
  assert.deepEqual({ ...again, database: config.database }, config);
});

test('hides the secrets of a list', () => {
  const printed = printConfig(read('clair: { api: { tokens: ["read:hidden", "admin:hidden"] } }'), settings);
  assert.ok(!printed.includes('hidden'));
  assert.deepEqual(read(printed).api.tokens, ['(secret)', '(secret)']);
});

test('prints the settings of a transport like all others', () => {
  const printed = printConfig(
    read('clair: { notifier: { pager: { number: "117", patience: 60s } } }'),
    settings,
  );
  assert.match(printed, /^ {4}pager:\n {6}number: \(secret\)\n {6}patience: 1m$/m);
});

test('prints only those settings of a source that are set', () => {
  const text =
    'clair: { updater: { sources: { debian: { interval: 1h, feeds: [tracker] }, rhel: { mirror: /srv } } } }';
  const { sources } = read(text).updater;
  assert.deepEqual(sources, {
    debian: { interval: 3_600_000, feeds: ['tracker'] },
    rhel: { mirror: '/srv' },
  });
  assert.deepEqual(read(printConfig(read(text), settings)).updater.sources, sources);
});

test('hides user and password of a URL when its setting is not a secret', () => {
  const printed = printConfig(
    read(
      'clair: { updater: { mirror: "https://u:hidden@m.test/a", sources: { debian: { mirror: "https://:hidden@d.test" } } } }',
    ),
    settings,
  );
  assert.ok(!printed.includes('hidden'));
  assert.match(printed, /mirror: https:\/\/\(secret\)@m\.test\/a/);
});

test('takes the password of a database as secret, and no other word of its URL', () => {
  const config = read(
    'clair: { database: { options: { source: "postgresql://u:hidden@h/vulnerabilities_all?search_path=clair&password=other" } } }',
  );
  const secrets = secretsIn(config, settings);
  assert.ok(secrets.includes('hidden') && secrets.includes('other'));
  for (const word of ['clair', '/vulnerabilities_all', 'vulnerabilities_all'])
    assert.ok(!secrets.includes(word), word);
});
