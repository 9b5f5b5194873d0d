import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dpkg } from '../../version/dpkg.ts';
import { npm } from '../../version/npm.ts';
import { highestVersion, isClosedBy, majorLineOf, sortedVersions } from './version-order.ts';

const schemes = [dpkg, npm];

test('names the major line of versions', () => {
  for (const [version, line] of [
    ['4.17.21', '4'],
    ['v1.2.3', '1'],
    ['0.21.1', '0.21'],
    ['0', '0'],
    ['1!2.3', '2'],
    ['20220101', '20220101'],
    ['rolling', ''],
    ['', ''],
  ] as const)
    assert.equal(majorLineOf(version), line, version);
});

test('orders versions by the scheme, and those without an order last', () => {
  assert.equal(highestVersion(['1.9.0', 'x', '1.10.0'], 'npm', schemes), '1.10.0');
  assert.equal(highestVersion(['x'], 'npm', schemes), undefined);
  assert.equal(highestVersion(['1'], 'unknown', schemes), undefined);
  assert.deepEqual(sortedVersions(['1.10.0', 'x', '1.9.0', '1.9.0'], 'npm', schemes), [
    '1.9.0',
    '1.10.0',
    'x',
  ]);
});

test('a finding is closed if the new version is outside every range', () => {
  const row = { namespace: 'debian:12', package: 'a', installed: '1', versionScheme: 'dpkg' };
  const evidence = [
    { ...row, range: { to: '2' } },
    { ...row, package: 'b', range: { to: '3', toIncluded: true as const } },
  ];
  const isClosed = (a?: string, b?: string): boolean =>
    isClosedBy({ evidence }, (name) => (name === 'a' ? a : b), schemes);
  assert.ok(isClosed('2', '3.1'));
  assert.ok(!isClosed('2~rc1', '3.1'));
  assert.ok(!isClosed('2', '3'));
  assert.ok(!isClosed('2', undefined));
  assert.ok(!isClosed('2', 'a:1'));
  assert.ok(!isClosedBy({ evidence: [] }, () => '9', schemes));
});
