import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionComparison } from '../model/explanation.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { corpusTest } from '../testing/corpus.ts';
import { corpusComparisons, testdataComparisons } from '../testing/version-scheme.ts';
import { apk } from '../version/apk.ts';
import { dpkg } from '../version/dpkg.ts';
import { maven } from '../version/maven.ts';
import { npm } from '../version/npm.ts';
import { pep440 } from '../version/pep440.ts';
import { rpm } from '../version/rpm.ts';
import { compareSegments } from './compare-segments.ts';

/** The pieces on one line: parts separated by `|`, the deciding pair with its sign. */
function shown(scheme: VersionScheme, installed: string, bound: string): string {
  const { order, parts } = compareSegments(scheme, installed, bound);
  const pairs = parts.map((part) =>
    part.map((pair) => (pair.order === '=' ? pair.installed : `${pair.installed}${order}${pair.bound}`)),
  );
  return `${order} ${pairs.map((part) => part.join(' ')).join(' | ')}`;
}

test('ends with the deciding pair', () => {
  assert.equal(shown(dpkg, '2.36-9+deb12u4', '2.36-9+deb12u10'), '< 0 |  2 . 36 |  9 +deb 12 u 4<10');
  assert.equal(shown(dpkg, '1:1.0', '2.0'), '> 1>0');
  assert.equal(shown(dpkg, '1.0~rc1-1', '1.0-1'), '< 0 |  1 . 0 ~rc<');
  assert.equal(shown(rpm, '1.0-1.el9_2', '1.0-1.el9'), '> 0 | 1 0 | 1 el 9 2>');
  assert.equal(shown(rpm, '1_0-1', '1.0-1'), '= 0 | 1 0 | 1');
  assert.equal(shown(rpm, '1_0', '1.0'), '= 0 | 1 0');
  assert.equal(shown(rpm, '1.0-0', '1.0'), '> 0 | 1 0 | 0>');
  assert.equal(shown(apk, '1.2.3-r1', '1.2.10-r0'), '< 1 .2 .3<.10');
  assert.equal(shown(apk, '1.2_rc1-r1', '1.2-r0'), '< 1 .2 _rc<-r');
  assert.equal(shown(npm, '1.2.3-beta.2', '1.2.3'), '< 1 . 2 . 3 -<');
  assert.equal(shown(pep440, '1.0', '1.0.0'), '= 1 . 0  ');
  assert.equal(shown(maven, '1.10', '1.9'), '> 1 . 10>9');
  assert.equal(shown(npm, 'what', '1.0.0'), '! ');
});

test('decides by what follows when dpkg treats nothing as zero', () => {
  assert.equal(shown(dpkg, '1.0-1', '1.-2'), '< 0 |  1 . 0 |  1<2');
  assert.equal(shown(dpkg, '1.-1', '1.0-2'), '< 0 |  1 .  |  1<2');
});

const families = { dpkg, rpm, apk } as const;

for (const [name, scheme] of Object.entries(families)) {
  test(`${name}: the pieces agree with the order of the table`, () => {
    for (const { a, b } of testdataComparisons(name)) assertPlausible(scheme, compareSegments(scheme, a, b));
  });

  corpusTest(`${name}: the pieces agree with the order of the native tool`, () => {
    let decided = 0;
    const rows = corpusComparisons(name);
    for (const { a, b, order } of rows) {
      const comparison = compareSegments(scheme, a, b);
      assert.equal(comparison.order, order);
      if (assertPlausible(scheme, comparison)) decided++;
    }
    assert.ok(decided > rows.length / 4, `${decided} decided by pieces`);
  });
}

/** Only the last pair may decide, and numbers decide as numbers. Returns whether a pair decided. */
function assertPlausible(
  scheme: VersionScheme,
  { installed, bound, order, parts }: VersionComparison,
): boolean {
  const what = `${scheme.name} ${installed} ${order} ${bound}`;
  const pairs = parts.flat();
  for (const pair of pairs.slice(0, -1)) assert.equal(pair.order, '=', what);
  const last = pairs.at(-1);
  if (last === undefined || last.order === '=') return false;
  assert.equal(last.order, order, what);
  const [left, right] = [plainNumber(last.installed), plainNumber(last.bound)];
  if (left !== undefined && right !== undefined) assert.equal(left < right ? '<' : '>', order, what);
  return true;
}

/** Components of apk that begin with a zero are not numbers. */
function plainNumber(piece: string): bigint | undefined {
  const [, digits] = /^\.?([1-9]\d*)$/.exec(piece) ?? [];
  return digits === undefined ? undefined : BigInt(digits);
}
