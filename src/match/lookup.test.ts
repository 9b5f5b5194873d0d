import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookupOf } from './lookup.ts';

test('advisories speak of the source of deb and apk packages, and of any other package itself', () => {
  const source = { name: 's', version: '2' };
  const pkg = { name: 'p', version: '1' };
  assert.deepEqual(lookupOf({ type: 'deb', ...pkg, source }), source);
  assert.deepEqual(lookupOf({ type: 'apk', ...pkg, source }), source);
  assert.deepEqual(lookupOf({ type: 'deb', ...pkg }), pkg);
  assert.deepEqual(lookupOf({ type: 'rpm', ...pkg, source }), pkg);
  assert.deepEqual(lookupOf({ type: 'npm', ...pkg }), pkg);
});
