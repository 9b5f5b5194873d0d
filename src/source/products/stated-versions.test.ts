import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cve } from '../../enrich/cve/cve.ts';
import { isInRange } from '../../match/key-range.ts';
import type { StatedVersions } from '../../model/product-statement.ts';
import type { VulnerabilityRecord } from '../../plugin/index.ts';
import { cveRecord } from '../../testing/cve-records.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { program } from '../../version/program.ts';
import { affectedSpans } from './affected-spans.ts';
import { rangeOfSpan } from './cuts.ts';
import { productSource } from './products.ts';

const source = productSource({ name: 'cve-products', by: ['cna', 'cisa-adp'], madeOf: [], scheme: program });

type Fact = readonly [version: string, bounds?: Readonly<Record<string, unknown>>];

/** Facts of a record, and what the project itself says about its releases. */
interface Case {
  readonly id: string;
  readonly assigner: string;
  readonly names: readonly [vendor: string, product: string];
  readonly others?: string;
  readonly stated: readonly Fact[];
  readonly affected: readonly string[];
  readonly safe: readonly string[];
}

const below = (end: string): Record<string, string> => ({ lessThan: end });
const upTo = (end: string): Record<string, string> => ({ lessThanOrEqual: end });

const cases: readonly Case[] = [
  {
    // Fixed in 3.8.19, 3.9.19, 3.10.14, 3.11.8 and 3.12.1 (changelogs of these releases).
    id: 'CVE-2023-6597',
    assigner: 'PSF',
    names: ['Python Software Foundation', 'CPython'],
    others: 'unaffected',
    stated: [
      ['0', below('3.8.19')],
      ['3.9.0', below('3.9.19')],
      ['3.10.0', below('3.10.14')],
      ['3.11.0', below('3.11.8')],
      ['3.12.0', below('3.12.1')],
      ['3.13.0a1', below('3.13.0a3')],
    ],
    affected: ['2.7.18', '3.8.18', '3.9.18', '3.10.13', '3.11.7', '3.12.0', '3.13.0a2'],
    safe: ['3.8.19', '3.8.20', '3.9.19', '3.10.14', '3.11.8', '3.11.14', '3.12.1', '3.12.12', '3.13.0'],
  },
  {
    // nginx.org: vulnerable 1.5.13-1.27.0, not vulnerable 1.27.1+ and 1.26.2+.
    id: 'CVE-2024-7347',
    assigner: 'f5',
    names: ['F5', 'NGINX Open Source'],
    stated: [
      [
        '1.5.13',
        {
          lessThan: '*',
          changes: [
            { at: '1.26.2', status: 'unaffected' },
            { at: '1.27.1', status: 'unaffected' },
          ],
        },
      ],
    ],
    affected: ['1.5.13', '1.18.0', '1.26.0', '1.26.1', '1.27.0'],
    safe: ['1.4.7', '1.5.12', '1.26.2', '1.26.3', '1.27.1', '1.28.0'],
  },
  {
    // Advisory of OpenSSL of 27 June 2024.
    id: 'CVE-2024-5535',
    assigner: 'openssl',
    names: ['OpenSSL', 'OpenSSL'],
    others: 'unaffected',
    stated: [
      ['3.3.0', below('3.3.2')],
      ['3.2.0', below('3.2.3')],
      ['3.1.0', below('3.1.7')],
      ['3.0.0', below('3.0.15')],
      ['1.1.1', below('1.1.1za')],
      ['1.0.2', below('1.0.2zk')],
    ],
    affected: ['1.0.2', '1.0.2u', '1.0.2zj', '1.1.1w', '1.1.1z', '3.0.14', '3.1.6', '3.3.1'],
    safe: ['1.0.2zk', '1.1.0l', '1.1.1za', '3.0.15', '3.1.7', '3.2.3', '3.3.2', '3.4.0', '3.0.0-alpha1'],
  },
  {
    // Advisory of OpenSSL of 16 February 2021: only 1.0.2s to 1.0.2x.
    id: 'CVE-2021-23839',
    assigner: 'openssl',
    names: ['OpenSSL', 'OpenSSL'],
    stated: [['Fixed in OpenSSL 1.0.2y (Affected 1.0.2s-1.0.2x)']],
    affected: ['1.0.2s', '1.0.2t', '1.0.2u', '1.0.2v', '1.0.2x'],
    safe: ['1.0.2', '1.0.2r', '1.0.2y', '1.0.2za', '1.1.1', '1.1.1i'],
  },
  {
    // Changelogs of PHP 8.1.29, 8.2.20 and 8.3.8.
    id: 'CVE-2024-4577',
    assigner: 'php',
    names: ['PHP Group', 'PHP'],
    others: 'affected',
    stated: [
      ['8.1.*', below('8.1.29')],
      ['8.2.*', below('8.2.20')],
      ['8.3.*', below('8.3.8')],
    ],
    affected: ['8.1.0', '8.1.28', '8.2.19', '8.3.0', '8.3.7'],
    safe: ['8.1.29', '8.1.33', '8.2.20', '8.3.8', '8.3.27', '8.4.0'],
  },
  {
    // Security advisory of Redis: patched in 6.2.16, 7.2.6 and 7.4.1.
    id: 'CVE-2024-31449',
    assigner: 'GitHub_M',
    names: ['redis', 'redis'],
    stated: [['>= 2.6, < 6.2.16'], ['>= 7.0.0, < 7.2.6'], ['>= 7.3.0, < 7.4.1']],
    affected: ['2.8.24', '6.0.20', '6.2.15', '7.0.15', '7.2.5', '7.4.0'],
    safe: ['2.4.18', '6.2.16', '6.2.19', '7.2.6', '7.2.9', '7.4.1', '8.0.0'],
  },
  {
    // postgresql.org/support/security/CVE-2024-7348: 12 to 16, fixed in 16.4, 15.8, 14.13, 13.16 and 12.20.
    id: 'CVE-2024-7348',
    assigner: 'PostgreSQL',
    names: ['n/a', 'PostgreSQL'],
    others: 'unaffected',
    stated: [
      ['16', below('16.4')],
      ['15', below('15.8')],
      ['14', below('14.13')],
      ['13', below('13.16')],
      ['0', below('12.20')],
    ],
    affected: ['9.6.24', '12.19', '13.15', '14.12', '15.7', '16.0', '16.3'],
    safe: ['12.20', '12.22', '13.16', '14.13', '15.8', '16.4', '17.0'],
  },
  {
    // httpd.apache.org/security/vulnerabilities_24.html: 2.4.0 through 2.4.59, fixed in 2.4.60.
    id: 'CVE-2024-38476',
    assigner: 'apache',
    names: ['Apache Software Foundation', 'Apache HTTP Server'],
    others: 'unaffected',
    stated: [['2.4.0', upTo('2.4.59')]],
    affected: ['2.4.0', '2.4.10', '2.4.52', '2.4.58', '2.4.59'],
    safe: ['2.2.34', '2.4.60', '2.4.61', '2.4.62', '2.4.65'],
  },
  {
    // GHSA-37cp-fgq5-7wc2: patched in OTP 27.3.3, 26.2.5.11 and 25.3.2.20.
    id: 'CVE-2025-32433',
    assigner: 'GitHub_M',
    names: ['erlang', 'otp'],
    stated: [['>= OTP-27.0-rc1, < OTP-27.3.3'], ['>= OTP-26.0-rc1, < OTP-26.2.5.11'], ['< OTP-25.3.2.20']],
    affected: ['24.3.4', '25.3.2.19', '26.2.5', '26.2.5.10', '27.0', '27.3.2'],
    safe: ['25.3.2.20', '25.3.2.21', '26.2.5.11', '26.2.5.13', '27.3.3', '27.3.4.1', '28.0'],
  },
  {
    // nodejs.org, security releases of August 2023: v16.20.2, v18.17.1 and v20.5.1.
    id: 'CVE-2023-32002',
    assigner: 'hackerone',
    names: ['Node.js', 'Node.js'],
    others: 'unaffected',
    stated: [
      ['20.5.0', upTo('20.5.0')],
      ['18.17.0', upTo('18.17.0')],
      ['16.20.1', upTo('16.20.1')],
    ],
    affected: ['16.0.0', '16.20.1', '18.0.0', '18.17.0', '20.0.0', '20.4.0', '20.5.0'],
    safe: ['16.20.2', '18.17.1', '18.20.8', '20.5.1', '20.19.5', '22.0.0'],
  },
  {
    // nodejs.org, security releases of January 2025: only v20, v22 and v23, fixed in v20.18.2, v22.13.1 and v23.6.1.
    id: 'CVE-2025-23083',
    assigner: 'hackerone',
    names: ['nodejs', 'node'],
    others: 'unaffected',
    stated: [
      ['20.18.1', upTo('20.18.1')],
      ['22.13.0', upTo('22.13.0')],
      ['23.6.0', upTo('23.6.0')],
    ],
    affected: ['20.0.0', '20.18.1', '22.0.0', '22.13.0', '23.6.0'],
    safe: ['18.20.5', '20.18.2', '20.19.5', '22.13.1', '23.6.1', '24.0.0'],
  },
  {
    // curl.se/docs/CVE-2023-38545.html: 7.69.0 to and including 8.3.0.
    id: 'CVE-2023-38545',
    assigner: 'hackerone',
    names: ['curl', 'curl'],
    stated: [
      ['8.4.0', below('8.4.0')],
      ['7.69.0', { ...below('7.69.0'), status: 'unaffected' }],
    ],
    affected: ['7.69.0', '7.88.1', '8.0.0', '8.2.1', '8.3.0'],
    safe: ['7.61.1', '7.68.0', '8.4.0', '8.5.0', '8.15.0'],
  },
  {
    // perldelta of 5.38.4 and 5.40.2: 5.34, 5.36, 5.38 and 5.40 are affected.
    id: 'CVE-2024-56406',
    assigner: 'CPANSec',
    names: ['perl', 'perl'],
    others: 'unaffected',
    stated: [
      ['5.41.0', upTo('5.41.10')],
      ['5.39.0', below('5.40.2-RC1')],
      ['5.33.1', below('5.38.4-RC1')],
    ],
    affected: ['5.34.0', '5.36.3', '5.38.0', '5.38.3', '5.40.1'],
    safe: ['5.30.3', '5.32.1', '5.38.4', '5.38.5', '5.40.2', '5.42.0'],
  },
  {
    // tukaani.org/xz-backdoor: only 5.6.0 and 5.6.1.
    id: 'CVE-2024-3094',
    assigner: 'redhat',
    names: ['tukaani', 'xz'],
    others: 'unaffected',
    stated: [['5.6.0'], ['5.6.1']],
    affected: ['5.6.0', '5.6.1'],
    safe: ['5.2.5', '5.4.6', '5.5.2beta', '5.6.2', '5.8.1'],
  },
];

async function rowsOf({
  id,
  assigner,
  names,
  others,
  stated,
}: Case): Promise<VulnerabilityRecord['affected']> {
  const [vendor, product] = names;
  const versions = stated.map(([version, bounds]) => ({ version, status: 'affected', ...bounds }));
  const affected = [{ vendor, product, ...(others && { defaultStatus: others }), versions }];
  const record = cveRecord(id, { assigner, affected });
  const { products } = await cve.read(id, Buffer.from(JSON.stringify(record)));
  const body = inChunks(Buffer.from(JSON.stringify([{ id, products }])));
  const records = await collectAll(source.parse('all', { url: 'lists', body, fingerprint: '' }));
  return (records as VulnerabilityRecord[]).flatMap((one) => one.affected);
}

for (const one of cases)
  test(`decides the releases of ${one.names[1]} as its project does: ${one.id}`, async () => {
    const rows = await rowsOf(one);
    const isAffected = (version: string): boolean =>
      rows.some(({ range }) => isInRange(program, range, version) === true);
    assert.deepEqual(
      one.affected.filter((version) => !isAffected(version)),
      [],
      'affected, but not found',
    );
    assert.deepEqual(one.safe.filter(isAffected), [], 'not affected, but found');
  });

const release = fc.stringMatching(/^[1-4]\.[0-3](\.[0-3])?$/);
const bounded: fc.Arbitrary<StatedVersions> = fc
  .record({
    status: fc.constantFrom('affected', 'unaffected', 'unknown'),
    version: release,
  })
  .chain((one) =>
    fc.oneof(
      fc.constant(one),
      release.map((lessThan) => ({ ...one, lessThan })),
      release.map((lessThanOrEqual) => ({ ...one, lessThanOrEqual })),
    ),
  );

/** Returns whether an element includes a version, as the format of CVE records defines it. */
function includes({ version: from, lessThan, lessThanOrEqual }: StatedVersions, version: string): boolean {
  const compare = (a: string, b: string): number => program.compare(a, b) ?? Number.NaN;
  if (lessThan !== undefined) return compare(from, version) <= 0 && compare(version, lessThan) < 0;
  if (lessThanOrEqual !== undefined)
    return compare(from, version) <= 0 && compare(version, lessThanOrEqual) <= 0;
  return compare(from, version) === 0;
}

test('decides every version as the elements of a record do', () => {
  fc.assert(
    fc.property(
      fc.array(bounded, { maxLength: 6 }),
      fc.array(release, { maxLength: 8 }),
      (all, installed) => {
        // A range that ends where it begins has another meaning.
        const versions = all.filter(({ version, lessThan }) => version !== lessThan);
        const spans = affectedSpans([{ product: 'x', by: 'cna', versions }], program)?.spans ?? [];
        for (const version of installed) {
          const expected =
            versions.some((one) => one.status === 'affected' && includes(one, version)) &&
            !versions.some((one) => one.status === 'unaffected' && includes(one, version));
          const found = spans.some((span) => isInRange(program, rangeOfSpan(span), version) === true);
          assert.equal(found, expected, version);
        }
      },
    ),
  );
});

const anyText = fc.oneof(
  release,
  fc.string({ maxLength: 40 }),
  fc.stringMatching(/^(Fixed in|before|>= |< |<=|through|OTP-|v)? ?[0-9.*x,a-z ()<>=-]{0,40}$/),
);
const anyStatement: fc.Arbitrary<StatedVersions> = fc.record(
  {
    status: fc.constantFrom('affected', 'unaffected', 'unknown'),
    version: anyText,
    lessThan: anyText,
    lessThanOrEqual: anyText,
    versionType: fc.constantFrom('semver', 'git', 'custom'),
    changes: fc.array(
      fc.record({ at: anyText, status: fc.constantFrom('affected', 'unaffected', 'unknown') }),
      { maxLength: 4 },
    ),
  },
  { requiredKeys: ['status', 'version'] },
);

test('reads any text without an error, and gives only ranges that have an order', () => {
  fc.assert(
    fc.property(
      fc.array(anyStatement, { maxLength: 6 }),
      fc.constantFrom('affected', 'unaffected', 'unknown'),
      (versions, otherVersions) => {
        const stated = affectedSpans([{ product: 'x', by: 'cna', versions, otherVersions }], program);
        for (const span of stated?.spans ?? []) {
          const { from = '0', to = '9' } = rangeOfSpan(span);
          assert.notEqual(program.compare(from, to), undefined, `${from} ${to}`);
        }
      },
    ),
  );
});
