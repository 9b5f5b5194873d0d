import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProductStatement, StatedVersions } from '../../model/product-statement.ts';
import { program } from '../../version/program.ts';
import { affectedSpans } from './affected-spans.ts';
import { rangeOfSpan } from './cuts.ts';

type Stated = Partial<StatedVersions> & Pick<StatedVersions, 'version'>;

/** Returns the affected versions in short form: `1.0..<1.2` ends before 1.2, `..=1.2` with it. */
function affectedBy(versions: readonly Stated[], others?: ProductStatement['otherVersions']): unknown {
  const statement: ProductStatement = {
    product: 'x',
    by: 'cna',
    ...(others && { otherVersions: others }),
    versions: versions.map((one) => ({ status: 'affected', ...one })),
  };
  const stated = affectedSpans([statement], program);
  if (stated === undefined) return undefined;
  const texts = stated.spans.map((span) => {
    const { from = '', fromExcluded, to = '', toIncluded } = rangeOfSpan(span);
    const end = to === '' ? '' : `${toIncluded === true ? '=' : '<'}${to}`;
    return `${from}${fromExcluded === true ? '>' : ''}..${end}${span.fixed === undefined ? '' : '!'}`;
  });
  return stated.isPartial ? [...texts, '?'] : texts;
}

const unaffected = (at: string): { at: string; status: 'unaffected' } => ({ at, status: 'unaffected' });

test('reads a version, and ranges with and without their end', () => {
  assert.deepEqual(affectedBy([{ version: '2.4.47' }]), ['2.4.47..=2.4.47']);
  assert.deepEqual(affectedBy([{ version: '0', lessThan: '3.8.20' }]), ['..<3.8.20!']);
  assert.deepEqual(affectedBy([{ version: '2.4.0', lessThanOrEqual: '2.4.59' }]), ['2.4.0..=2.4.59']);
  assert.deepEqual(affectedBy([{ version: '17.0', lessThan: '*' }]), ['17.0..']);
});

test('reads release lines as several ranges', () => {
  assert.deepEqual(
    affectedBy([
      { version: '3.11.0', lessThan: '3.11.4' },
      { version: '3.12.0', lessThan: '3.12.1' },
    ]),
    ['3.11.0..<3.11.4!', '3.12.0..<3.12.1!'],
  );
});

test('reads wildcards of a start and of an end', () => {
  assert.deepEqual(affectedBy([{ version: '8.1.*', lessThan: '8.1.28' }]), ['8.1..<8.1.28!']);
  assert.deepEqual(affectedBy([{ version: '7.4.X', lessThan: '7.4.31' }]), ['7.4..<7.4.31!']);
  assert.deepEqual(affectedBy([{ version: '4.0', lessThan: '4.*' }]), ['4.0..<5']);
  assert.deepEqual(affectedBy([{ version: '3.1.x' }]), ['3.1..<3.2']);
});

test('keeps each release line of several changes apart', () => {
  assert.deepEqual(
    affectedBy([{ version: '1.5.13', lessThan: '*', changes: [unaffected('1.26.2'), unaffected('1.27.1')] }]),
    ['1.5.13..<1.26.2!', '1.27..<1.27.1!'],
  );
  // CVE-2025-4748 of Erlang/OTP. Changes are in no order, and package URLs and commits are left out.
  assert.deepEqual(
    affectedBy([
      { version: 'pkg:otp/stdlib@2.0', lessThan: 'pkg:otp/stdlib@*', versionType: 'purl' },
      {
        version: '17.0',
        lessThan: '*',
        versionType: 'otp',
        changes: [unaffected('28.0.1'), unaffected('27.3.4.1'), unaffected('26.2.5.13')],
      },
      { version: '07b8f441ca711f9812fad9e9115bab3c3aa92f79', lessThan: '*', versionType: 'git' },
    ]),
    ['17.0..<26.2.5.13!', '27..<27.3.4.1!', '28..<28.0.1!'],
  );
  assert.deepEqual(affectedBy([{ version: '1.5', lessThan: '1.27.1', changes: [unaffected('1.26.2')] }]), [
    '1.5..<1.26.2!',
    '1.27..<1.27.1!',
  ]);
});

test('reads ranges without a start as release lines', () => {
  // CVE-2022-41741 of nginx.
  assert.deepEqual(
    affectedBy([
      { version: 'Mainline', lessThan: '1.23.2' },
      { version: 'Stable', lessThan: '1.22.1' },
    ]),
    ['..<1.22.1!', '1.23..<1.23.2!'],
  );
  // CISA on CVE-2023-32002 of Node.js.
  assert.deepEqual(
    affectedBy([
      { version: '0', lessThanOrEqual: '16.20.1' },
      { version: '0', lessThanOrEqual: '18.17.0' },
      { version: '0', lessThanOrEqual: '20.5.0' },
    ]),
    ['..=16.20.1', '17..=18.17.0', '19..=20.5.0'],
  );
});

test('takes unaffected versions out', () => {
  // CVE-2023-38545 of curl: the range would be empty, and the unaffected one states where it begins.
  assert.deepEqual(
    affectedBy([
      { version: '8.4.0', lessThan: '8.4.0' },
      { version: '7.69.0', lessThan: '7.69.0', status: 'unaffected' },
    ]),
    ['7.69.0..<8.4.0!'],
  );
  assert.deepEqual(affectedBy([{ version: '2.0', lessThan: '2.3', status: 'unaffected' }], 'affected'), [
    '..<2.0!',
    '2.3..',
  ]);
  assert.deepEqual(
    affectedBy([
      { version: '1.0', lessThan: '3.0' },
      { version: '2.0', lessThanOrEqual: '2.5', status: 'unaffected' },
    ]),
    ['1.0..<2.0!', '2.5>..<3.0!'],
  );
});

test('ignores a status of other versions that the ranges contradict', () => {
  // CVE-2024-1874 of PHP.
  assert.deepEqual(
    affectedBy(
      [
        { version: '8.2.*', lessThan: '8.2.18' },
        { version: '8.3.*', lessThan: '8.3.5' },
      ],
      'affected',
    ),
    ['8.2..<8.2.18!', '8.3..<8.3.5!'],
  );
});

test('reads the texts of assigners that had no bounds', () => {
  const texts: readonly (readonly [string, unknown])[] = [
    ['>= 7.0.0, < 7.0.12', ['7.0.0..<7.0.12!']],
    ['< 5.6.3', ['..<5.6.3!']],
    ['<= 1.4.50', ['..=1.4.50']],
    ['= 1.2.3', ['1.2.3..=1.2.3']],
    ['>= OTP-27.0-rc1, < OTP-27.3.3', ['27.0-rc1..<27.3.3!']],
    ['Fixed in 7.83.1', ['..<7.83.1!']],
    ['Fixed in OpenSSL 1.1.1j (Affected 1.1.1-1.1.1i)', ['1.1.1..<1.1.1j!']],
    ['Fixed in OpenSSL 3.0.1 (Affected 3.0.0)', ['3.0.0..<3.0.1!']],
    ['20.12.0, 21.7.2', ['20.12.0..=20.12.0', '21.7.2..=21.7.2']],
    ['before 1.2.3', ['..<1.2.3!']],
    ['through 1.32.1', ['..=1.32.1']],
    ['curl 7.1 to 7.50.3', ['7.1..=7.50.3']],
    ['bash 5.1.8', ['5.1.8..=5.1.8']],
    ['1.6.21 and earlier', ['..=1.6.21']],
  ];
  for (const [version, expected] of texts) assert.deepEqual(affectedBy([{ version }]), expected, version);
});

test('knows nothing of versions that cannot be compared', () => {
  for (const version of [
    'n/a',
    '*',
    'unspecified',
    'all versions',
    'R31',
    'since 1.2',
    'the development branch',
    '',
  ])
    assert.equal(affectedBy([{ version }]), undefined, version);
  assert.equal(affectedBy([{ version: 'R30', lessThan: 'R32' }]), undefined);
  assert.equal(affectedBy([{ version: '0', lessThan: '8352d10', versionType: 'git' }]), undefined);
  assert.equal(
    affectedBy([{ version: '1.0', lessThan: '2.0', changes: [{ at: 'x', status: 'unaffected' }] }]),
    undefined,
  );
  assert.equal(affectedBy([], 'affected'), undefined);
  assert.deepEqual(affectedBy([{ version: '1.0' }, { version: 'a branch' }]), ['1.0..=1.0', '?']);
});

test('clears a product of which all versions are unaffected', () => {
  assert.deepEqual(affectedBy([{ version: '0', lessThan: '*', status: 'unaffected' }]), []);
  assert.equal(affectedBy([{ version: '1.0', status: 'unaffected' }, { version: 'a branch' }]), undefined);
});
