import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingIds } from './finding-ids.ts';

function idsOf(...advisories: readonly (readonly [id: string, ...aliases: string[]])[]): unknown {
  const named = advisories.map(([id, ...aliases]) => ({ id, aliases }));
  const ids = findingIds(named);
  return named.map((advisory) => ids.get(advisory));
}

test('gives aliases without a CVE one id, also through a third advisory', () => {
  assert.deepEqual(idsOf(['GHSA-b', 'PYSEC-1'], ['PYSEC-1'], ['RUSTSEC-9']), [
    ['GHSA-b'],
    ['GHSA-b'],
    ['RUSTSEC-9'],
  ]);
  assert.deepEqual(idsOf(['GHSA-b', 'X-1'], ['PYSEC-1', 'X-2'], ['GHSA-c', 'X-1', 'X-2']), [
    ['GHSA-b'],
    ['GHSA-b'],
    ['GHSA-b'],
  ]);
});

test('gives an advisory without a CVE the CVE of its alias on the same package', () => {
  assert.deepEqual(idsOf(['GHSA-b'], ['PYSEC-1', 'CVE-2024-2', 'GHSA-b'], ['CVE-2024-1']), [
    ['CVE-2024-2'],
    ['CVE-2024-2'],
    ['CVE-2024-1'],
  ]);
});

test('keeps the CVEs of an advisory apart when an alias has only one of them', () => {
  assert.deepEqual(idsOf(['RHSA-1', 'CVE-2024-1', 'CVE-2024-2'], ['CVE-2024-2', 'RHSA-1']), [
    ['CVE-2024-1', 'CVE-2024-2'],
    ['CVE-2024-2'],
  ]);
});

test('prefers the id that says that a package is malicious', () => {
  assert.deepEqual(idsOf(['GHSA-a', 'MAL-2024-1'], ['MAL-2024-1']), [['MAL-2024-1'], ['MAL-2024-1']]);
});
