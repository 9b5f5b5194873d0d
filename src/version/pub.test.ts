import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { corpusTest } from '../testing/corpus.ts';
import {
  corpusComparisons,
  disagreements,
  orderOf,
  requireKey,
  testdataComparisons,
  testLaws,
} from '../testing/version-scheme.ts';
import { pub } from './pub.ts';
import { semver } from './semver.ts';

const versions = fc.stringMatching(
  /^v?(0|1|10|01)\.(0|1|00)\.(0|1)(-(0|1|01|-1|-2|a|B|a1|-|9223372036854775808)(\.(0|1|-1|b)){0,2})?(\+(0|1|-1|a|B)(\.(0|b)){0,2})?$/,
);

test('orders versions as pub does', () => {
  assert.deepEqual(disagreements(pub, testdataComparisons('pub')), []);
});

corpusTest('orders versions as the table does', () => {
  assert.deepEqual(disagreements(pub, corpusComparisons('pub')), []);
});

testLaws(pub, { versions });

test('orders versions as SemVer does without builds and negative numbers', () => {
  const strict = fc.stringMatching(/^[0-9]\.[0-9]\.[0-9](-(0|[1-9]|a|A|1a)(\.(0|[1-9]|a|A|1a)){0,2})?$/);
  fc.assert(
    fc.property(strict, strict, (a, b) => {
      assert.equal(orderOf(pub, a, b), orderOf(semver, a, b));
    }),
  );
});

test('orders builds as pre-releases', () => {
  const identifiers = fc.stringMatching(/^(0|1|10|-1|-2|a|B|a1)(\.(0|1|-1|b)){0,2}$/);
  fc.assert(
    fc.property(identifiers, identifiers, (a, b) => {
      assert.equal(orderOf(pub, `1.0.0+${a}`, `1.0.0+${b}`), orderOf(pub, `1.0.0-${a}`, `1.0.0-${b}`));
      assert.equal(orderOf(pub, '1.0.0', `1.0.0+${b}`), '<');
    }),
  );
});

test('ignores leading zeros', () => {
  fc.assert(
    fc.property(versions, (version) => {
      const zeros = version.replace(/\d+\.\d+\.\d+/, (core) => core.replaceAll(/\d+/g, '00$&'));
      assert.deepEqual(requireKey(pub, zeros), requireKey(pub, version));
    }),
  );
});

test('has no key for an invalid version, and names it in the reason', () => {
  assert.deepEqual(pub.key('1.2'), {
    unkeyable: 'pub version "1.2": it is not major.minor.patch[-pre-release][+build]',
  });
});

test('encodes keys as documented', () => {
  assert.equal(
    Buffer.from(requireKey(pub, '1.2.0-a.-5.7+b')).toString('hex'),
    '8182' + '6100' + '027ffffffffffffffb' + '0387' + '01' + '6200' + '01',
  );
  assert.equal(Buffer.from(requireKey(pub, '1.0.0')).toString('hex'), '81' + '7f' + '01');
});
