import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isInRange } from '../../match/key-range.ts';
import type { VersionRange } from '../../model/version-range.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { maven } from '../../version/maven.ts';
import { pep440 } from '../../version/pep440.ts';
import { semver } from '../../version/semver.ts';
import { type OsvAffected, type OsvEvent, osvRanges } from './range.ts';

/** Returns the ranges without their fixes. */
function rangesIn(scheme: VersionScheme, affected: OsvAffected): readonly VersionRange[] {
  return osvRanges(affected, scheme).map(({ range }) => range);
}

function rangesOf(events: readonly OsvEvent[], scheme: VersionScheme = semver): readonly VersionRange[] {
  return rangesIn(scheme, { ranges: [{ type: 'SEMVER', events }] });
}

test('reads introduced 0 as the beginning, and a missing end as no upper bound', () => {
  assert.deepEqual(rangesOf([{ introduced: '0' }, { fixed: '1.2.0' }]), [{ to: '1.2.0' }]);
  assert.deepEqual(rangesOf([{ introduced: '0' }]), [{}]);
  assert.deepEqual(rangesOf([{ introduced: '1.0.0' }]), [{ from: '1.0.0' }]);
});

test('excludes fixed and includes last_affected', () => {
  assert.deepEqual(rangesOf([{ introduced: '1.0.0' }, { fixed: '1.2.0' }]), [{ from: '1.0.0', to: '1.2.0' }]);
  assert.deepEqual(rangesOf([{ introduced: '1.0.0' }, { last_affected: '1.2.0' }]), [
    { from: '1.0.0', to: '1.2.0', toIncluded: true },
  ]);
});

test('sorts the events of several ranges first', () => {
  assert.deepEqual(
    rangesOf([{ fixed: '2.0.1' }, { introduced: '2.0.0' }, { fixed: '1.2.0' }, { introduced: '0' }]),
    [{ to: '1.2.0' }, { from: '2.0.0', to: '2.0.1' }],
  );
});

test('ignores a second beginning or a second end', () => {
  assert.deepEqual(
    rangesOf([{ introduced: '1.0.0' }, { introduced: '1.1.0' }, { fixed: '1.2.0' }, { fixed: '1.3.0' }]),
    [{ from: '1.0.0', to: '1.2.0' }],
  );
});

test('omits a range that begins where it ends, and joins adjacent ranges', () => {
  assert.deepEqual(rangesOf([{ introduced: '1.0.0' }, { fixed: '1.0.0' }]), []);
  assert.deepEqual(
    rangesOf([{ introduced: '0' }, { fixed: '1.0.0' }, { introduced: '1.0.0' }, { fixed: '2.0.0' }]),
    [{ to: '1.0.0' }, { from: '1.0.0', to: '2.0.0' }],
  );
  assert.deepEqual(rangesOf([{ introduced: '1.0.0' }, { last_affected: '1.0.0' }]), [
    { from: '1.0.0', to: '1.0.0', toIncluded: true },
  ]);
});

test('starts a range without an introduced event at the beginning', () => {
  assert.deepEqual(rangesOf([{ fixed: '1.0.0' }]), [{ to: '1.0.0' }]);
  assert.deepEqual(rangesOf([]), []);
});

test('caps every range at the highest limit', () => {
  assert.deepEqual(rangesOf([{ introduced: '1.0.0' }, { limit: '2.0.0' }, { limit: '1.5.0' }]), [
    { from: '1.0.0', to: '2.0.0' },
  ]);
  assert.deepEqual(rangesOf([{ introduced: '0' }, { fixed: '3.0.0' }, { limit: '2.0.0' }]), [
    { to: '2.0.0' },
  ]);
  assert.deepEqual(rangesOf([{ introduced: '0' }, { last_affected: '2.0.0' }, { limit: '2.0.0' }]), [
    { to: '2.0.0' },
  ]);
  assert.deepEqual(rangesOf([{ introduced: '0' }, { fixed: '1.0.0' }, { limit: '2.0.0' }]), [
    { to: '1.0.0' },
  ]);
  assert.deepEqual(rangesOf([{ introduced: '2.0.0' }, { limit: '2.0.0' }]), []);
  assert.deepEqual(rangesOf([{ introduced: '0' }, { limit: '2.0.0' }, { limit: '*' }]), [{}]);
});

test('reads listed versions as single-version ranges unless a range includes them', () => {
  assert.deepEqual(rangesIn(pep440, { versions: ['1.0', '1.1', '1.0'] }), [
    { from: '1.0', to: '1.0', toIncluded: true },
    { from: '1.1', to: '1.1', toIncluded: true },
  ]);
  assert.deepEqual(
    rangesIn(pep440, {
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '1.0' }, { fixed: '2.0' }] }],
      versions: ['0.9', '1.0', '1.5', '2.0', '1.5-bulbasaur'],
    }),
    [
      { from: '1.0', to: '2.0' },
      { from: '0.9', to: '0.9', toIncluded: true },
      { from: '2.0', to: '2.0', toIncluded: true },
      { from: '1.5-bulbasaur', to: '1.5-bulbasaur', toIncluded: true },
    ],
  );
});

test('distinguishes a fix from a last version and from a limit', () => {
  const fixes = (events: readonly OsvEvent[]) =>
    osvRanges({ ranges: [{ type: 'SEMVER', events }] }, semver).map(({ fixed }) => fixed);
  assert.deepEqual(fixes([{ introduced: '0' }, { fixed: '1.0.0' }, { introduced: '2.0.0' }]), [
    '1.0.0',
    undefined,
  ]);
  assert.deepEqual(fixes([{ introduced: '0' }, { last_affected: '1.0.0' }]), [undefined]);
  assert.deepEqual(fixes([{ introduced: '0' }, { fixed: '2.0.0' }, { limit: '1.0.0' }]), [undefined]);
});

test('uses events as written without a scheme, and a list only without ranges', () => {
  const ranges = [
    { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1-2' }, { introduced: '3' }] },
  ];
  assert.deepEqual(osvRanges({ ranges, versions: ['0-1', '9'] }), [
    { range: { to: '1-2' }, fixed: '1-2' },
    { range: { from: '3' } },
  ]);
  assert.deepEqual(osvRanges({ versions: ['0-1'] }), [
    { range: { from: '0-1', to: '0-1', toIncluded: true } },
  ]);
  const empty = [{ type: 'ECOSYSTEM', events: [{ introduced: '1' }, { fixed: '1' }] }];
  assert.deepEqual(osvRanges({ ranges: empty }), []);
});

test('ignores commits', () => {
  assert.deepEqual(
    rangesIn(semver, {
      ranges: [
        { type: 'GIT', events: [{ introduced: '0' }] },
        { type: 'SEMVER', events: [{ introduced: '1.0.0' }] },
      ],
    }),
    [{ from: '1.0.0' }],
  );
});

test('compares the versions of a range whose type the schema does not have', () => {
  const events = [{ introduced: '1.0.0' }, { fixed: '1.2.0' }];
  assert.deepEqual(rangesIn(semver, { ranges: [{ type: 'FUTURE', events }] }), [
    { from: '1.0.0', to: '1.2.0' },
  ]);
});

test('keeps a bound without an order in its range, which makes the range undecidable', () => {
  const ranges = rangesOf([{ introduced: '0' }, { fixed: '1.5-bulbasaur' }], pep440);
  assert.deepEqual(ranges, [{ to: '1.5-bulbasaur' }]);
  assert.equal(ranges[0] && isInRange(pep440, ranges[0], '1.0'), undefined);
});

test('compares versions without a key by code, as Maven does', () => {
  assert.deepEqual(rangesOf([{ fixed: '1.4.redhat-2' }, { introduced: '1.4.redhat-1' }], maven), [
    { from: '1.4.redhat-1', to: '1.4.redhat-2' },
  ]);
});

const versions = fc.constantFrom('0.5.0', '1.0.0', '1.1.0-a', '1.1.0', '2.0.0', '3.0.0');
const events = fc.array(
  fc.oneof(
    fc.oneof(versions, fc.constant('0')).map((introduced): OsvEvent => ({ introduced })),
    versions.map((fixed): OsvEvent => ({ fixed })),
    versions.map((last_affected): OsvEvent => ({ last_affected })),
  ),
  { maxLength: 6 },
);
const limits = fc.array(
  fc.constantFrom('1.1.0', '2.0.0', '*').map((limit): OsvEvent => ({ limit })),
  { maxLength: 2 },
);

test('covers exactly the versions that the algorithm of the schema calls affected', () => {
  fc.assert(
    fc.property(
      events,
      limits,
      fc.array(versions, { maxLength: 2 }),
      versions,
      (changes, caps, listed, version) => {
        const all = [...changes, ...caps];
        const affected: OsvAffected = { ranges: [{ type: 'SEMVER', events: all }], versions: listed };
        const isHeld = rangesIn(semver, affected).some((range) => isInRange(semver, range, version) === true);
        fc.pre(changes.length === 0 || changes.some(({ introduced }) => introduced !== undefined));
        // A version cannot be both. If a record says so, it is affected here and not in the schema's algorithm.
        fc.pre(
          !changes.some(({ fixed }) =>
            changes.some(({ last_affected }) => fixed !== undefined && fixed === last_affected),
          ),
        );
        assert.equal(isHeld, listed.includes(version) || isVulnerable(version, all));
      },
    ),
    { numRuns: 2000 },
  );
});

/** Implements `IncludedInRanges` of the OSV schema, "Evaluation", for one range. */
function isVulnerable(version: string, all: readonly OsvEvent[]): boolean {
  const order = (a: string, b: string): number =>
    (a === '0' ? -1 : 0) - (b === '0' ? -1 : 0) || (semver.compare(a, b) ?? 0);
  const versionOf = ({ introduced, fixed, last_affected }: OsvEvent): string =>
    introduced ?? fixed ?? last_affected ?? '';
  const caps = all.flatMap(({ limit }) => (limit === undefined ? [] : [limit]));
  if (caps.length > 0 && !caps.some((limit) => limit === '*' || order(version, limit) < 0)) return false;
  let vulnerable = false;
  const changes = all.filter(({ limit }) => limit === undefined);
  for (const { introduced, fixed, last_affected } of changes.toSorted((a, b) =>
    order(versionOf(a), versionOf(b)),
  )) {
    if (introduced !== undefined && order(version, introduced) >= 0) vulnerable = true;
    else if (fixed !== undefined && order(version, fixed) >= 0) vulnerable = false;
    else if (last_affected !== undefined && order(version, last_affected) > 0) vulnerable = false;
  }
  return vulnerable;
}
