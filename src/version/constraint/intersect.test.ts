import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionRange } from '../../model/version-range.ts';
import { semver } from '../semver.ts';
import { intersectAll } from './intersect.ts';

function common(...ranges: readonly VersionRange[]): readonly VersionRange[] {
  return intersectAll(
    semver,
    ranges.map((range) => [range]),
  );
}

/** What two ranges have in common, whichever is named first. */
function assertCommon(a: VersionRange, b: VersionRange, expected: readonly VersionRange[]): void {
  assert.deepEqual(common(a, b), expected);
  assert.deepEqual(common(b, a), expected);
}

test('the higher of two first versions counts, also when it is the next one', () => {
  assertCommon({ from: '1.0.0' }, { from: '3.0.0' }, [{ from: '3.0.0' }]);
  assertCommon({ from: '1.0.0' }, { from: '1.0.1' }, [{ from: '1.0.1' }]);
  assertCommon({}, { from: '1.0.0' }, [{ from: '1.0.0' }]);
});

test('the lower of two last versions counts, also when it is the one before', () => {
  assertCommon({ to: '1.0.0' }, { to: '3.0.0' }, [{ to: '1.0.0' }]);
  assertCommon({ to: '1.0.0' }, { to: '1.0.1' }, [{ to: '1.0.0' }]);
  assertCommon({}, { to: '1.0.0' }, [{ to: '1.0.0' }]);
});

test('of two bounds at one version the one that leaves it out counts', () => {
  const excluded: VersionRange = { from: '1.0.0', fromExcluded: true };
  assertCommon({ from: '1.0.0' }, excluded, [excluded]);
  assertCommon({ to: '1.0.0' }, { to: '1.0.0', toIncluded: true }, [{ to: '1.0.0' }]);
});

test('bounds at one version hold it only where both include it, and bounds that have passed each other hold nothing', () => {
  const here: VersionRange = { to: '1.0.0', toIncluded: true };
  assertCommon({ from: '1.0.0' }, here, [{ from: '1.0.0', ...here }]);
  assertCommon({ from: '1.0.0', fromExcluded: true }, here, []);
  assertCommon({ from: '1.0.0' }, { to: '1.0.0' }, []);
  assertCommon({ from: '1.0.1' }, here, []);
});

test('of unions every part meets every part of the others', () => {
  const parts = [{ to: '1.0.0' }, { from: '2.0.0' }];
  assert.deepEqual(intersectAll(semver, [parts, [{ from: '0.5.0', to: '3.0.0' }]]), [
    { from: '0.5.0', to: '1.0.0' },
    { from: '2.0.0', to: '3.0.0' },
  ]);
  assert.deepEqual(intersectAll(semver, []), [{}]);
});
