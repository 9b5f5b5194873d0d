import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cveOfGcve, cvesIn, isSameName, spellingsOf } from './cve.ts';

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

test('takes an id of GCVE by the CVE programme as that CVE, and no other', () => {
  assert.equal(cveOfGcve('GCVE-0-2024-3094'), 'CVE-2024-3094');
  assert.equal(cveOfGcve('GCVE-1-2025-0001'), undefined);
  assert.equal(cveOfGcve('CVE-2024-3094'), undefined);
  assert.ok(spellingsOf('gcve-0-2024-3094').includes('CVE-2024-3094'));
  assert.ok(isSameName('gcve-0-2024-3094', 'cve-2024-3094'));
  assert.ok(!isSameName('GCVE-1-2024-3094', 'CVE-2024-3094'));
});

test('finds each CVE id in texts once, and none that is cut off', () => {
  const texts = ['CVE-2024-3094 (see also CVE-2023-12345)', 'CVE-2024-3094', 'CVE-2024-309, XCVE-2024-1000'];
  assert.deepEqual(cvesIn(...texts, ''), ['CVE-2024-3094', 'CVE-2023-12345']);
});
