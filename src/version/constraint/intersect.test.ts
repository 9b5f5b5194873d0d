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

/** Asserts the intersection of two ranges in both argument orders. */
function assertCommon(a: VersionRange, b: VersionRange, expected: readonly VersionRange[]): void {
  assert.deepEqual(common(a, b), expected);
  assert.deepEqual(common(b, a), expected);
}

test('uses the higher of two lower bounds, also when they are adjacent', () => {
  assertCommon({ from: '1.0.0' }, { from: '3.0.0' }, [{ from: '3.0.0' }]);
  assertCommon({ from: '1.0.0' }, { from: '1.0.1' }, [{ from: '1.0.1' }]);
  assertCommon({}, { from: '1.0.0' }, [{ from: '1.0.0' }]);
});

test('uses the lower of two upper bounds, also when they are adjacent', () => {
  assertCommon({ to: '1.0.0' }, { to: '3.0.0' }, [{ to: '1.0.0' }]);
  assertCommon({ to: '1.0.0' }, { to: '1.0.1' }, [{ to: '1.0.0' }]);
  assertCommon({}, { to: '1.0.0' }, [{ to: '1.0.0' }]);
});

test('prefers the exclusive one of two bounds at one version', () => {
  const excluded: VersionRange = { from: '1.0.0', fromExcluded: true };
  assertCommon({ from: '1.0.0' }, excluded, [excluded]);
  assertCommon({ to: '1.0.0' }, { to: '1.0.0', toIncluded: true }, [{ to: '1.0.0' }]);
});

test('includes the version of two equal bounds only if both do, and nothing if the bounds have crossed', () => {
  const here: VersionRange = { to: '1.0.0', toIncluded: true };
  assertCommon({ from: '1.0.0' }, here, [{ from: '1.0.0', ...here }]);
  assertCommon({ from: '1.0.0', fromExcluded: true }, here, []);
  assertCommon({ from: '1.0.0' }, { to: '1.0.0' }, []);
  assertCommon({ from: '1.0.1' }, here, []);
});

test('intersects every part of one union with every part of the others', () => {
  const parts = [{ to: '1.0.0' }, { from: '2.0.0' }];
  assert.deepEqual(intersectAll(semver, [parts, [{ from: '0.5.0', to: '3.0.0' }]]), [
    { from: '0.5.0', to: '1.0.0' },
    { from: '2.0.0', to: '3.0.0' },
  ]);
  assert.deepEqual(intersectAll(semver, []), [{}]);
});
