import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VersionRange } from '../model/version-range.ts';
import { isKey, keyAfter, type VersionScheme } from '../plugin/version-scheme.ts';
import { requireKey } from '../testing/version-scheme.ts';
import { composer } from '../version/composer.ts';
import { gem } from '../version/gem.ts';
import { maven } from '../version/maven.ts';
import { npm } from '../version/npm.ts';
import { pep440 } from '../version/pep440.ts';
import { rpm } from '../version/rpm.ts';
import { semver } from '../version/semver.ts';
import { describeRange, isInRange, keyRange } from './key-range.ts';

const ranges: fc.Arbitrary<VersionRange> = fc
  .record(
    {
      from: fc.constantFrom('1.0.0', '1.2.0', '2.0.0'),
      fromExcluded: fc.constant(true as const),
      to: fc.constantFrom('1.2.0', '2.0.0', '3.0.0'),
      toIncluded: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  .map((range) => range);
const versions = fc.constantFrom(
  '0.1.0',
  '1.0.0',
  '1.2.0-a',
  '1.2.0',
  '1.2.1',
  '2.0.0-rc.1',
  '2.0.0',
  '3.0.0',
  '4.0.0',
);

/** Whether the keys put a version into a range. Undefined if the range has no keys. */
function isInKeys(scheme: VersionScheme, range: VersionRange, version: string): boolean | undefined {
  const keys = keyRange(scheme, range);
  if ('empty' in keys) return false;
  if ('unkeyable' in keys) return undefined;
  const key = requireKey(scheme, version);
  return Buffer.compare(keys.lo, key) <= 0 && Buffer.compare(key, keys.hi) < 0;
}

test('ranges from the empty key to FF when there are no bounds', () => {
  assert.deepEqual(keyRange(semver, {}), { lo: new Uint8Array(), hi: Uint8Array.of(0xff) });
});

test("uses the key of a bound's version, or the one after it", () => {
  const after = keyAfter(semver, '1.0.0');
  assert.ok(isKey(after));
  assert.ok(!('after' in semver));
  assert.deepEqual(Buffer.from(after), Buffer.from([...requireKey(semver, '1.0.0'), 0]));
  assert.deepEqual(keyRange(semver, { from: '1.0.0' }), {
    lo: requireKey(semver, '1.0.0'),
    hi: Uint8Array.of(0xff),
  });
  assert.deepEqual(keyRange(semver, { from: '1.0.0', fromExcluded: true }), {
    lo: after,
    hi: Uint8Array.of(0xff),
  });
  assert.deepEqual(keyRange(semver, { to: '1.0.0' }), {
    lo: new Uint8Array(),
    hi: requireKey(semver, '1.0.0'),
  });
  assert.deepEqual(keyRange(semver, { to: '1.0.0', toIncluded: true }), { lo: new Uint8Array(), hi: after });
});

/** Whether the order puts a version into a range. */
function isInOrder(
  scheme: VersionScheme,
  { from, fromExcluded, to, toIncluded }: VersionRange,
  version: string,
): boolean {
  const order = (bound: string): number => scheme.compare(version, bound) ?? Number.NaN;
  const above = from === undefined || (fromExcluded ? order(from) > 0 : order(from) >= 0);
  const below = to === undefined || (toIncluded ? order(to) <= 0 : order(to) < 0);
  return above && below;
}

test('keys put a version into a range exactly when its order does', () => {
  const schemes = fc.constantFrom(semver, npm, gem, composer, maven);
  fc.assert(
    fc.property(schemes, ranges, versions, (scheme, range, version) => {
      const expected = isInOrder(scheme, range, version);
      assert.equal(isInKeys(scheme, range, version), expected, `${scheme.name} ${describeRange(range)}`);
      assert.equal(isInRange(scheme, range, version), expected);
    }),
    { numRuns: 1000 },
  );
});

test('an rpm range without a release has every release of its bounds', () => {
  const upTo: VersionRange = { to: '1.0', toIncluded: true };
  const exactly: VersionRange = { from: '1.0', to: '1.0', toIncluded: true };
  const above: VersionRange = { from: '1.0', fromExcluded: true };
  for (const isIn of [isInKeys, isInRange]) {
    assert.equal(isIn(rpm, upTo, '1.0-7.el9'), true);
    assert.equal(isIn(rpm, exactly, '1.0-7.el9'), true);
    assert.equal(isIn(rpm, above, '1.0-7.el9'), false);
    assert.equal(isIn(rpm, above, '1.0.1-1'), true);
    assert.equal(isIn(rpm, { to: '1.0' }, '1.0-7.el9'), false);
    assert.equal(isIn(rpm, { to: '1.0-7', toIncluded: true }, '1.0-8'), false);
  }
});

test('reports that bounds that meet or are reversed contain nothing', () => {
  assert.deepEqual(keyRange(semver, { from: '1.0.0', to: '1.0.0' }), {
    empty: 'no semver version is ≥ 1.0.0 and < 1.0.0',
  });
  assert.deepEqual(keyRange(semver, { from: '2.0.0', to: '1.0.0', toIncluded: true }), {
    empty: 'no semver version is ≥ 2.0.0 and ≤ 1.0.0',
  });
  assert.deepEqual(keyRange(semver, { from: '1.0.0', fromExcluded: true, to: '1.0.0', toIncluded: true }), {
    empty: 'no semver version is > 1.0.0 and ≤ 1.0.0',
  });
  assert.ok('lo' in keyRange(semver, { from: '1.0.0', to: '1.0.0', toIncluded: true }));
});

test('gives no keys and the reason when a bound has no key', () => {
  const reason = maven.key('1.0.alpha.1');
  assert.deepEqual(keyRange(maven, { to: '1.0.alpha.1' }), reason);
  assert.deepEqual(keyRange(maven, { from: '1.0.alpha.1', fromExcluded: true, to: '2' }), reason);
});

test('the order of the tool decides when there are no keys', () => {
  assert.equal(isInRange(maven, { to: '1.4.redhat-2' }, '1.4.redhat-1'), true);
  assert.equal(isInRange(maven, { from: '1', to: '2' }, '1.0.alpha.1'), false);
  assert.equal(isInRange(maven, { from: '1.4', fromExcluded: true }, '1.4.redhat-1'), true);
});

test('a bound is in the range exactly when it is included, without keys', () => {
  const bound = '1.0.alpha.1';
  assert.ok('unkeyable' in maven.key(bound));
  const inRange = (range: VersionRange): unknown =>
    ['0.9', bound, '1.1'].map((version) => isInRange(maven, range, version));
  assert.deepEqual(inRange({ from: bound }), [false, true, true]);
  assert.deepEqual(inRange({ from: bound, fromExcluded: true }), [false, false, true]);
  assert.deepEqual(inRange({ to: bound }), [true, false, false]);
  assert.deepEqual(inRange({ to: bound, toIncluded: true }), [true, true, false]);
});

test('one bound can be enough to exclude a version', () => {
  assert.equal(isInRange(pep440, { from: '1.0', to: '1.5-bulbasaur' }, '0.9'), false);
  assert.equal(isInRange(pep440, { from: '1.0-bulbasaur', to: '1.5' }, '2.0'), false);
  assert.equal(isInRange(pep440, { from: '1.0', to: '1.5-bulbasaur' }, '1.2'), undefined);
});

test('a version without an order is only in a range of exactly itself', () => {
  const exactly = (version: string): VersionRange => ({ from: version, to: version, toIncluded: true });
  assert.equal(isInRange(pep440, exactly('0.1-bulbasaur'), '0.1-bulbasaur'), true);
  assert.equal(isInRange(pep440, exactly('0.1-bulbasaur'), '0.1'), false);
  assert.equal(
    isInRange(pep440, { ...exactly('0.1-bulbasaur'), to: '0.2-bulbasaur' }, '0.1-bulbasaur'),
    undefined,
  );
  assert.equal(isInRange(composer, exactly('1.0'), 'dev-main'), false);
  assert.equal(isInRange(composer, { from: '1.0' }, 'dev-main'), undefined);
  assert.equal(isInRange(composer, {}, 'dev-main'), true);
});

test('describes a range as text', () => {
  assert.equal(describeRange({}), 'any version');
  assert.equal(describeRange({ from: '1', fromExcluded: true, to: '2', toIncluded: true }), '> 1 and ≤ 2');
  assert.equal(describeRange({ from: '1', to: '2' }), '≥ 1 and < 2');
});
