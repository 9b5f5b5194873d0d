import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromClairFlags } from './clair-flags.ts';

const cases: readonly (readonly [line: string, ours: string])[] = [
  ['-config=/etc/c.yaml -log-level=debug', 'serve --config /etc/c.yaml --log-level debug'],
  ['-config /etc/c.yaml -log-level WARNING', 'serve --config /etc/c.yaml --log-level warn'],
  ['--config=/etc/c.yaml --cpu-profile=p', 'serve --config /etc/c.yaml --cpu-profile p'],
  ['--log-level critical', 'serve --config /etc/clair/config.yaml --log-level fatal'],
  ['-insecure-tls -config=a=b', 'serve --insecure-tls --config a=b'],
  ['-insecure-tls=False -config -config', 'serve --config -config'],
  ['-config', 'serve --config'],
  ['serve -config=c --insecure-tls=t extra', 'serve --config c --insecure-tls extra'],
  ['-conf /etc/c.yaml -mode combo', 'serve --config /etc/c.yaml --mode combo'],
  ['--mode=indexer --conf=c -cpuprofile p -memprofile m', 'serve --mode indexer --config c --cpu-profile p'],
  ['serve', 'serve'],
  ['scan -config=c', 'scan -config=c'],
  ['config print --config c', 'config print --config c'],
  ['--configuration=c', '--configuration=c'],
  ['--help', '--help'],
  ['', ''],
];

for (const [line, ours] of cases)
  test(`translates clair ${line}`, () => {
    assert.equal(fromClairFlags(line === '' ? [] : line.split(' '), {}).join(' '), ours);
  });

test('refuses a value that is neither true nor false', () => {
  assert.throws(() => fromClairFlags(['-insecure-tls=yes'], {}), { code: 'usage' });
});

test('runs the server if the variables of Clair v4 name a configuration', () => {
  const env = { CLAIR_CONF: '/config/config.yaml', CLAIR_MODE: 'combo' };
  assert.deepEqual(fromClairFlags([], env), ['serve']);
  assert.deepEqual(fromClairFlags(['-mode', 'matcher'], env), ['serve', '--mode', 'matcher']);
  assert.deepEqual(fromClairFlags([], { CLAIR_CONF: '/config/config.yaml' }), []);
});
