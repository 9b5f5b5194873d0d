import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { limits } from '../../core/limits.ts';
import { isInRange } from '../../match/key-range.ts';
import { parseVers } from '../../match/vers.ts';
import { comparatorRanges, type VersionRange } from '../../model/version-range.ts';
import { isKey, type VersionScheme } from '../../plugin/version-scheme.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { composer } from '../composer.ts';
import { gem } from '../gem.ts';
import { go } from '../go.ts';
import { maven } from '../maven.ts';
import { npm } from '../npm.ts';
import { nuget } from '../nuget.ts';
import { pep440 } from '../pep440.ts';
import { semver } from '../semver.ts';
import { allowsPrerelease, readNpmAlternatives } from './npm.ts';
import { readPep440Specifiers } from './pep440.ts';
import { type RangeReader, rangeReaders } from './range-readers.ts';

interface Language {
  readonly scheme: VersionScheme;
  readonly read: RangeReader;
}

/** Constraint languages by their VERS name. */
const languages: Readonly<Record<string, Language>> = {
  npm: { scheme: npm, read: rangeReaders.npm },
  pypi: { scheme: pep440, read: rangeReaders.pep440 },
  gem: { scheme: gem, read: rangeReaders.gem },
  maven: { scheme: maven, read: rangeReaders.maven },
  composer: { scheme: composer, read: rangeReaders.composer },
  golang: { scheme: go, read: rangeReaders.go },
  nuget: { scheme: nuget, read: rangeReaders.nuget },
  cargo: { scheme: semver, read: rangeReaders.semver },
};
const schemeOf = (name: string): VersionScheme | undefined => languages[name]?.scheme;

/** The language in which pip chooses what to install. The others read advisories. */
const pep440Installer: Language = { scheme: pep440, read: (text) => readPep440Specifiers(text, false) };

function holds({ scheme, read }: Language, text: string, version: string): boolean {
  return read(text)?.some((range) => isInRange(scheme, range, version) === true) ?? false;
}

interface Row {
  readonly scheme: string;
  readonly source: string;
  readonly range?: string;
  readonly version?: string;
  readonly expected?: boolean;
  readonly relation?: string;
  readonly compare?: readonly [string, string, string];
  readonly options?: unknown;
}

function rowsOf(file: string): readonly unknown[] {
  const lines = readFileSync(corpus(`versions/${file}`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

function includesPrerelease({ options }: Row): boolean {
  return typeof options === 'object' && options !== null && 'includePrerelease' in options;
}

function npmRanges(row: Row): readonly VersionRange[] {
  const alternatives = readNpmAlternatives(row.range ?? '', includesPrerelease(row)) ?? [];
  return alternatives.flatMap(({ ranges }) => ranges);
}

function isNpmSatisfied(row: Row): boolean {
  const { range = '', version = '' } = row;
  if (npm.compare(version, version) === undefined) return false;
  const all = includesPrerelease(row);
  return (readNpmAlternatives(range, all) ?? []).some(
    (one) =>
      one.ranges.some((span) => isInRange(npm, span, version) === true) &&
      (all || allowsPrerelease(one, version)),
  );
}

/** Returns whether a version is outside the ranges and beyond the end of each, or before the beginning. */
function isBeyond(row: Row, end: 'gt' | 'lt'): boolean {
  const version = row.version ?? '';
  const isBeyondOne = ({ from, fromExcluded, to, toIncluded }: VersionRange): boolean => {
    const bound = end === 'gt' ? to : from;
    if (bound === undefined) return false;
    const order = npm.compare(version, bound) ?? 0;
    if (end === 'gt') return toIncluded ? order > 0 : order >= 0;
    return fromExcluded ? order <= 0 : order < 0;
  };
  return !isNpmSatisfied(row) && npmRanges(row).every(isBeyondOne);
}

function isRight(row: Row): boolean {
  if (row.compare !== undefined) {
    const [a, order, b] = row.compare;
    return '<=>'[Math.sign(npm.compare(a, b) ?? Number.NaN) + 1] === order;
  }
  if (row.relation !== undefined) {
    const isAsserted = !row.relation.includes('not');
    return isBeyond(row, row.relation.includes('gt') ? 'gt' : 'lt') === isAsserted;
  }
  if (row.scheme === 'npm') return isNpmSatisfied(row) === row.expected;
  const language = row.scheme === 'pep440' ? pep440Installer : languages[row.scheme];
  assert.ok(language !== undefined);
  return holds(language, row.range ?? '', row.version ?? '') === row.expected;
}

// The other rows are for languages of Go libraries (`generic`, `semver`, `semver-masterminds`), which no ecosystem
// uses. `semver` answers some of them in two ways, depending on options that the table does not state.
corpusTest('evaluates native constraints as the native tools do', () => {
  const rows = (rowsOf('constraints.jsonl') as readonly Row[]).filter(({ scheme }) =>
    /^(npm|pep440|gem|maven)$/.test(scheme),
  );
  const wrong = rows.filter((row) => !isRight(row));
  assert.equal(rows.length, 657);
  assert.deepEqual(
    wrong.map(({ range, version, relation }) => [range, version, relation]),
    [
      // node-semver calls a pre-release beyond both ends of a range that does not allow it.
      ['0.7.x', '0.7.2-beta', 'version-gt-range'],
      ['>1.2.3', '1.3.0-alpha', 'version-lt-range'],
      // The library ran with pre-releases included; packaging includes no pre-release of 2 in `< 2`.
      ['<2', '2.0a1', undefined],
    ],
  );
});

interface RangeRow {
  readonly kind: string;
  readonly source: string;
  readonly input:
    | string
    | {
        readonly scheme: string;
        readonly native_range: string;
        readonly vers: string;
        readonly version: string;
      };
  readonly expected: unknown;
}

/** Returns the bounds of ranges as operators and keys, sorted, as in the flat lists of VERS. */
function boundsOf(scheme: VersionScheme, ranges: readonly VersionRange[]): readonly string[] {
  const bounds = ranges.flatMap(({ from, fromExcluded, to, toIncluded }) => {
    if (from !== undefined && from === to) return [`=${keyText(scheme, from)}`];
    return [
      ...(from === undefined ? [] : [`${fromExcluded ? '>' : '>='}${keyText(scheme, from)}`]),
      ...(to === undefined ? [] : [`${toIncluded ? '<=' : '<'}${keyText(scheme, to)}`]),
    ];
  });
  return [...new Set(bounds)].sort();
}

function keyText(scheme: VersionScheme, version: string): string {
  const key = scheme.key(version);
  return isKey(key) ? Buffer.from(key).toString('hex') : version;
}

/**
 * Removes what a native operator adds to a bound: the lowest pre-release, the highest post-release, the local versions.
 */
function plain(range: VersionRange): VersionRange {
  const bare = (version: string): string => version.replace(/(?:-0|-dev|\.dev0|\.post9{20}|\+9{20})$/, '');
  return {
    ...range,
    ...(range.from !== undefined && { from: bare(range.from) }),
    ...(range.to !== undefined && { to: bare(range.to) }),
  };
}

/** Returns the range of every single constraint in a VERS text. */
function listed(vers: string): readonly VersionRange[] {
  return vers
    .replace(/^vers:[a-z]+\//, '')
    .split('|')
    .flatMap((one) => {
      const [, operator = '', version = ''] = /^([<>=!]*)(.*)$/.exec(one) ?? [];
      return comparatorRanges({ operator, version }) ?? [];
    });
}

function isSameInVers({ input, expected }: RangeRow): boolean {
  assert.ok(typeof input === 'object' && typeof expected === 'string');
  const language = languages[input.scheme];
  assert.ok(language !== undefined);
  const ranges = language.read(input.native_range);
  if (ranges === undefined) return false;
  // The tables read the fourth number of a Composer version as a build.
  const vers = input.scheme === 'composer' ? expected.replaceAll(/\+(\d)/g, '.$1') : expected;
  const [ours, theirs] = [ranges, listed(vers)].map((side) => boundsOf(language.scheme, side.map(plain)));
  return isDeepStrictEqual(ours, theirs);
}

corpusTest('gives native ranges the bounds that the tables have in VERS', () => {
  const rows = (rowsOf('ranges.jsonl') as readonly RangeRow[]).filter(
    ({ kind, input }) =>
      kind === 'from_native' && typeof input === 'object' && languages[input.scheme] !== undefined,
  );
  const wrong = rows.filter((row) => !isSameInVers(row));
  assert.equal(rows.length, 1759);
  assert.deepEqual(
    new Set(wrong.map(({ input }) => (typeof input === 'object' ? input.native_range : input))),
    unlike,
  );
});

const unlike = new Set([
  // npm reads omitted numbers as any number, and the tables as zero, or the reverse.
  '<= 1.0',
  '<=1.0',
  '<=3.3',
  '2.1 || 2.6',
  '>= 2.2.x',
  '>= 1.x',
  // In npm, pre-releases of 7.2.4 are excluded and those of 0.8.0 before `pre` are included.
  '5.0.0 - 7.2.3',
  '>= 0.2.0 <= 0.9.6 || ~0.8.0-pre',
  // In npm, no version equals two versions.
  '1.1.2 1.2.2',
  // Go has no such versions.
  '<v2021-08-11',
  '<v19.03.11',
  '<19.03.9',
  '<v2019.03.04.00',
  '<v2021.02.22.00',
  '<v2020.03.16.00',
]);

// `roundtrip` and `validate` rows test the canonical form, which clair never writes; only their parsing is tested. One
// `parse` row requires an error for unsorted constraints, which the other tables sort. nginx, openssl and conan have no
// scheme.
corpusTest('evaluates or refuses VERS ranges as the tables say', () => {
  for (const { kind, input, expected } of rowsOf('ranges.jsonl') as readonly RangeRow[]) {
    const vers = typeof input === 'object' ? input.vers : input;
    if (kind === 'from_native' || vers.startsWith('vers:nginx/') || vers === 'vers:npm/>=2.0.0|<1.0.0')
      continue;
    const ranges = parseVers(vers, schemeOf);
    assert.equal(ranges !== undefined, expected !== null, vers);
    if (kind !== 'containment' || typeof input === 'string') continue;
    assert.equal(
      ranges?.some((range) => isInRange(pep440, range, input.version)),
      expected,
      `${vers} ${input.version}`,
    );
  }
});

test('includes in native constraints what the native tools include', () => {
  const cases: readonly (readonly [language: string, text: string, inside: string, outside: string])[] = [
    ['npm', '^1.2.3 || ~0.4', '1.9.0 1.9.0-a 0.4.7', '2.0.0-0 1.2.2 0.5.0'],
    ['npm', '1.2 - 2.3', '1.2.0-a 2.3.9', '2.4.0-0 1.1.9'],
    ['npm', '1.2.3 - 2', '1.2.3-0 2.9.9', '1.2.2 3.0.0-0'],
    ['npm', '1.2.3-b - 2.0.0', '1.2.3-b 2.0.0', '1.2.3-a 2.0.1-0'],
    ['npm', '1.x.3', '1.0.0 1.9.9', '0.9.9 2.0.0'],
    ['npm', '>1 <=2.x', '2.0.0 2.9.9', '1.9.9 3.0.0-0'],
    ['npm', '^0.0.3', '0.0.3', '0.0.4-0 0.0.2'],
    ['npm', '>=1.2.3 >1.2.3 <=2.0.0 <2.0.0', '1.2.4', '1.2.3 2.0.0'],
    ['npm', '>1.2.3 >=1.2.3 <2.0.0 <=2.0.0', '1.2.4', '1.2.3 2.0.0'],
    ['npm', '*', '0.0.0 9.9.9', ''],
    ['pypi', '~= 1.4.2, != 1.4.5', '1.4.2 1.4.9 1.4.5.1', '1.4.5 1.4.5+local 1.5.dev0 1.4.1'],
    ['pypi', '== 1.4.*', '1.4 1.4.9 1.4.dev0', '1.5.dev0 1.3'],
    ['pypi', '== 2 || > 3', '2.0 2.0+local 3.0.1', '2.post0 3 3.post1 3+local'],
    ['pypi', '<= 2', '2+local 2rc1', '2.post0'],
    ['pypi', '< 2', '2rc1 2.dev0', '2'],
    ['gem', '~> 1.4.2, != 1.4.5', '1.4.2 1.4.9', '1.5 1.5.a 1.4.5 1.4.1'],
    ['gem', '~> 1', '1.9', '2 2.a 0.9'],
    ['composer', '^1.2 || ~2.1.3', '1.2-dev 1.9 2.1.9', '2.0 2.0-dev 2.2 2.1.2'],
    ['composer', '1.2.*', '1.2-dev 1.2.9', '1.3-dev 1.1.9'],
    ['composer', '1.0 - 2.0', '1.0-dev 2.0.9', '2.1-dev'],
    ['composer', '1.0 - 2.0.0', '2.0.0', '2.0.1'],
    ['composer', '>=1.2 <2.0|3.0', '1.2-beta 3.0.0.0', '2.0-beta 3.0.1'],
    ['maven', '[1.0,2.0),[3.1]', '1.0 1.9 3.1.0', '2.0 0.9 3.2'],
    ['maven', '(,1.0],(2.0,)', '0.1 1.0 2.1', '1.1 2.0'],
    ['maven', '>= 1.0, < 2.0', '1.0-sp 2.0-rc1', '2.0 1.0-rc1'],
    ['nuget', '(1.0,2.0]', '1.0.1 2.0.0', '1.0 2.0.1'],
    ['golang', '<v1.2.3 || >=2.0.0', 'v1.2.2 2.0.0', '1.2.3 v1.9.0'],
    ['cargo', '>=1.2.3, <1.4.0', '1.2.3 1.4.0-a', '1.4.0'],
    ['cargo', '', '0.0.1 9.0.0', ''],
  ];
  for (const [name, text, inside, outside] of cases) {
    const language = languages[name];
    assert.ok(language !== undefined);
    for (const version of inside.split(' '))
      assert.ok(holds(language, text, version), `${name} ${text}: ${version}`);
    for (const version of outside.split(' ').filter((one) => one !== '')) {
      assert.ok(!holds(language, text, version), `${name} ${text}: not ${version}`);
    }
  }
});

test('pip installs pre-releases below a version only if that is a pre-release too', () => {
  for (const version of ['1.9', '2b1', '2rc1.dev0'])
    assert.ok(holds(pep440Installer, '<2rc1', version), version);
  for (const version of ['2.dev0', '2rc1', '2']) assert.ok(!holds(pep440Installer, '<2', version), version);
});

test('returns undefined for invalid text', () => {
  const cases: readonly (readonly [language: string, text: string])[] = [
    ['npm', 'latest'],
    ['npm', '>= 1.2.3.4'],
    ['pypi', '< 1.0-bulbasaur'],
    ['pypi', '~= 1'],
    ['gem', '~> a'],
    ['composer', '^main'],
    ['composer', '>= dev-main'],
    ['maven', '[1.0,2.0'],
    ['maven', '(1.0)'],
    ['nuget', '1.0'],
    ['nuget', '[1.0,2.x)'],
    ['golang', '<v2021-08-11'],
    ['cargo', '1.2.3 |> 1.4.0'],
  ];
  for (const [name, text] of cases) assert.equal(languages[name]?.read(text), undefined, `${name} ${text}`);
});

test('chooses an npm pre-release only when the range names one of the same release', () => {
  const [alternative] = readNpmAlternatives('^1.2.3-beta.2', false) ?? [];
  assert.ok(alternative !== undefined);
  assert.deepEqual(alternative.ranges, [{ from: '1.2.3-beta.2', to: '2.0.0-0' }]);
  assert.ok(allowsPrerelease(alternative, '1.2.3-beta.4'));
  assert.ok(allowsPrerelease(alternative, '1.9.0'));
  assert.ok(!allowsPrerelease(alternative, '1.9.0-beta.4'));
});

test('accepts VERS constraints in any order and pairs their bounds', () => {
  assert.deepEqual(parseVers('vers:npm/<2.0.0|>=1.0.0|3.0.0', schemeOf), [
    { from: '1.0.0', to: '2.0.0' },
    { from: '3.0.0', to: '3.0.0', toIncluded: true },
  ]);
  assert.deepEqual(parseVers('vers:npm/<=1.0.0|<2.0.0|>3.0.0|>=4.0.0', schemeOf), [
    { to: '2.0.0' },
    { from: '3.0.0', fromExcluded: true },
  ]);
  assert.deepEqual(parseVers('vers:npm/>=1.0.0|!=1.2.0', schemeOf), [
    { from: '1.0.0', to: '1.2.0' },
    { from: '1.2.0', fromExcluded: true },
  ]);
  assert.deepEqual(parseVers('vers:npm/*', schemeOf), [{}]);
  assert.deepEqual(parseVers('vers:npm/ 1.0.0%2Bbuild', schemeOf), [
    { from: '1.0.0+build', to: '1.0.0+build', toIncluded: true },
  ]);
  assert.equal(parseVers('vers:openssl/1.0.2k', schemeOf), undefined);
  assert.equal(parseVers('>=1.0.0', schemeOf), undefined);
  assert.deepEqual(parseVers('vers:npm/!=1.2.0|<3.0.0|!=2.0.0|!=4.0.0', schemeOf), [
    { to: '1.2.0' },
    { from: '1.2.0', fromExcluded: true, to: '2.0.0' },
    { from: '2.0.0', fromExcluded: true, to: '3.0.0' },
  ]);
});

test('refuses two VERS constraints for one version, and too many constraints', () => {
  assert.equal(parseVers('vers:npm/<=1.0.0|>=1.0.0', schemeOf), undefined);
  assert.equal(parseVers('vers:npm/1.0.0|!=1.0.0+build', schemeOf), undefined);
  const list = (length: number): string => Array.from({ length }, (_, i) => `1.${i}.0`).join('|');
  assert.equal(parseVers(`vers:npm/${list(limits.versConstraints)}`, schemeOf)?.length, 256);
  assert.equal(parseVers(`vers:npm/${list(limits.versConstraints + 1)}`, schemeOf), undefined);
});
