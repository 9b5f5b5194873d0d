import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedRow, record } from '../../testing/store-content.ts';
import { significantChanges } from './significant-changes.ts';

const buster = { name: 'debian:10', versionScheme: 'dpkg' };
const row = affectedRow('openssl');
const old = affectedRow('openssl', { namespace: buster });

test('finds no change when a record was split', () => {
  const whole = record('A', { affected: [row, old] });
  const parts = [record('A', { affected: [row] }), record('A', { affected: [old] })];
  assert.deepEqual(significantChanges([whole], parts), []);
  assert.deepEqual(significantChanges(parts, [whole]), []);
  assert.deepEqual(significantChanges([whole], parts.slice(0, 1)), ['packages']);
});

test('compares versions without keys by their text', () => {
  const open = (to: string) => {
    const { keys: _, ...rest } = affectedRow('openssl', {
      range: { to },
      fix: { state: 'fixed', version: to },
    });
    return [record('A', { affected: [rest] })];
  };
  assert.deepEqual(significantChanges(open('1'), open('1')), []);
  assert.deepEqual(significantChanges(open('1'), open('2')), ['fix', 'range']);
  assert.deepEqual(significantChanges(open('5'), [record('A')]), ['fix', 'range']);
});
