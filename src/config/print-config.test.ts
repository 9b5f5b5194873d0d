import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, secretString } from '../core/setting.ts';
import { printConfig } from './print-config.ts';
import { readConfig } from './read-config.ts';
import { settingsWith } from './settings.ts';

const settings = settingsWith({
  transports: [{ name: 'pager', settings: { number: secretString(''), patience: duration('', 1000) } }],
});
const read = (text: string): ReturnType<typeof readConfig> =>
  readConfig({ settings, file: { name: 'c.yaml', text }, env: {} });

test('what is printed can be read again, and secrets are not shown', () => {
  const config = read(
    'clair: { database: { options: { source: "postgresql://u:hidden@h/d" } }, updater: { interval: 90s } }',
  );
  const printed = printConfig(config, settings);
  assert.ok(!printed.includes('hidden'));
  const again = read(printed);
  assert.deepEqual({ ...again, database: config.database }, config);
});

test('secrets of a list are not shown either', () => {
  const printed = printConfig(read('clair: { api: { tokens: ["read:hidden", "admin:hidden"] } }'), settings);
  assert.ok(!printed.includes('hidden'));
  assert.deepEqual(read(printed).api.tokens, ['(secret)', '(secret)']);
});

test('what a transport brings is printed as everything else', () => {
  const printed = printConfig(
    read('clair: { notifier: { pager: { number: "117", patience: 60s } } }'),
    settings,
  );
  assert.match(printed, /^ {4}pager:\n {6}number: \(secret\)\n {6}patience: 1m$/m);
});

test('of a source only what is set is printed', () => {
  const text =
    'clair: { updater: { sources: { debian: { interval: 1h, feeds: [tracker] }, rhel: { mirror: /srv } } } }';
  const { sources } = read(text).updater;
  assert.deepEqual(sources, {
    debian: { interval: 3_600_000, feeds: ['tracker'] },
    rhel: { mirror: '/srv' },
  });
  assert.deepEqual(read(printConfig(read(text), settings)).updater.sources, sources);
});

test('hides user and password of a URL when its setting is not secret as a whole', () => {
  const printed = printConfig(
    read(
      'clair: { updater: { mirror: "https://u:hidden@m.test/a", sources: { debian: { mirror: "https://:hidden@d.test" } } } }',
    ),
    settings,
  );
  assert.ok(!printed.includes('hidden'));
  assert.match(printed, /mirror: https:\/\/\(secret\)@m\.test\/a/);
});
