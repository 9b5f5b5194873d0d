import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spellingsOf } from './cve.ts';

test('looks up a name in any case as its publisher writes it', () => {
  assert.deepEqual(spellingsOf('CVE-2022-0563'), ['CVE-2022-0563']);
  assert.deepEqual(spellingsOf('cve-2022-0563'), ['cve-2022-0563', 'CVE-2022-0563']);
  assert.deepEqual(spellingsOf('GHSA-4FC7-mvrr-wv2c'), [
    'GHSA-4FC7-mvrr-wv2c',
    'GHSA-4FC7-MVRR-WV2C',
    'GHSA-4fc7-mvrr-wv2c',
  ]);
  assert.ok(spellingsOf('ghsa-4fc7-mvrr-wv2c').includes('GHSA-4fc7-mvrr-wv2c'));
});
