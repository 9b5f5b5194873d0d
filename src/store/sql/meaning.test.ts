import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedRow, record } from '../../testing/store-content.ts';
import { changesBetween } from './meaning.ts';

const buster = { name: 'debian:10', versionScheme: 'dpkg' };
const row = affectedRow('openssl');
const old = affectedRow('openssl', { namespace: buster });

test('a record that was split says in sum what it said before', () => {
  const whole = record('A', { affected: [row, old] });
  const parts = [record('A', { affected: [row] }), record('A', { affected: [old] })];
  assert.deepEqual(changesBetween([whole], parts), []);
  assert.deepEqual(changesBetween(parts, [whole]), []);
  assert.deepEqual(changesBetween([whole], parts.slice(0, 1)), ['packages']);
});

test('versions without keys are compared as they are written', () => {
  const open = (to: string) => {
    const { keys: _, ...rest } = affectedRow('openssl', {
      range: { to },
      fix: { state: 'fixed', version: to },
    });
    return [record('A', { affected: [rest] })];
  };
  assert.deepEqual(changesBetween(open('1'), open('1')), []);
  assert.deepEqual(changesBetween(open('1'), open('2')), ['fix', 'range']);
  assert.deepEqual(changesBetween(open('5'), [record('A')]), ['fix', 'range']);
});
