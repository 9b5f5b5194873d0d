import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Package, packageEvidences } from '../model/package.ts';
import { bestFix, findingsOf, type Hit } from './findings.ts';

const openssl: Package = {
  type: 'apk',
  name: 'libssl3',
  version: '3.1.0-r0',
  source: { name: 'openssl', version: '3.1.0-r0' },
  purl: 'pkg:apk/alpine/libssl3@3.1.0-r0',
  location: { path: 'lib/apk/db/installed', layer: null },
  foundBy: 'apk',
};

function hit(changes: Partial<Hit>): Hit {
  return {
    package: openssl,
    installed: '3.1.0-r0',
    source: 'alpine',
    id: 'CVE-2024-1',
    aliases: [],
    description: null,
    links: [],
    severity: 'Unknown',
    cvss: [],
    namespace: { name: 'alpine:v3.19', versionScheme: 'apk' },
    affectedPackage: 'openssl',
    range: { to: '3.1.1-r0' },
    fix: { state: 'fixed', version: '3.1.1-r0' },
    ...changes,
  };
}

const byText = (_: string, a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

test('makes one finding with the lowest fix when several rows have one CVE on one package', () => {
  const later = hit({
    range: { to: '3.1.2-r0' },
    fix: { state: 'fixed', version: '3.1.2-r0' },
    severity: 'Low',
    links: ['l'],
  });
  const { matches } = findingsOf([later, hit({ severity: 'High' })], byText);
  assert.equal(matches.length, 1);
  assert.deepEqual(matches.at(0)?.fix, { state: 'fixed', version: '3.1.1-r0' });
  assert.equal(matches.at(0)?.vulnerability.severity, 'High');
  assert.equal(matches.at(0)?.evidence.length, 2);
  assert.equal(matches.at(0)?.vulnerability.advisories.length, 2);
});

test("makes a finding for each CVE of an advisory, with the advisory's name as alias", () => {
  const { matches } = findingsOf([hit({ id: 'RHSA-2024:1', aliases: ['CVE-2024-2', 'CVE-2024-1'] })], byText);
  assert.deepEqual(
    matches.map(({ vulnerability }) => [vulnerability.id, vulnerability.aliases]),
    [
      ['CVE-2024-1', ['RHSA-2024:1']],
      ['CVE-2024-2', ['RHSA-2024:1']],
    ],
  );
});

test('lists the other names of a finding sorted and without its own id', () => {
  const rows = [
    hit({ aliases: ['GHSA-1', 'CVE-2024-1'] }),
    hit({ source: 'osv', id: 'GHSA-1', aliases: ['CVE-2024-1', 'CVE-2024-2'] }),
  ];
  const { matches } = findingsOf(rows, byText);
  assert.deepEqual(
    matches.map(({ vulnerability }) => [vulnerability.id, vulnerability.aliases]),
    [
      ['CVE-2024-1', ['CVE-2024-2', 'GHSA-1']],
      ['CVE-2024-2', ['GHSA-1']],
    ],
  );
});

test('describes a finding by the first advisory with a description', () => {
  const described = (...descriptions: (string | null)[]): unknown =>
    findingsOf(
      descriptions.map((description, i) => hit({ source: `source-${i}`, description })),
      byText,
    ).matches.at(0)?.vulnerability.description;
  assert.equal(described(null, 'words', 'more words'), 'words');
  assert.equal(described(null), null);
});

test('describes a CVE by its own item when an advisory is about an update', () => {
  const description = 'bash is a shell.\n\n* bash: memory is read after it is freed (CVE-2024-1)';
  const update = hit({
    id: 'RHSA-2024:1',
    aliases: ['CVE-2024-1', 'CVE-2024-2'],
    description,
    title: 'bash update',
  });
  const { matches } = findingsOf([update], byText);
  assert.deepEqual(
    matches.map(({ vulnerability }) => vulnerability.description),
    ['bash: memory is read after it is freed', null],
  );
  assert.equal(matches[0]?.vulnerability.advisories[0]?.title, 'bash update');
});

test('lists every advisory with its first link and its fix, if any', () => {
  const rows = [
    hit({ id: 'DSA-1', source: 'b', aliases: ['CVE-2024-1'], links: ['first', 'second'] }),
    hit({ id: 'CVE-2024-1', source: 'a', fix: { state: 'unfixed' } }),
    hit({ id: 'CVE-2024-1', source: 'b', aliases: ['CVE-2024-2'] }),
  ];
  const [finding, ...others] = findingsOf(rows, byText).matches;
  assert.deepEqual(others, []);
  assert.deepEqual(finding?.vulnerability.advisories, [
    { id: 'CVE-2024-1', link: null, fixedVersion: null },
    { id: 'CVE-2024-1', link: null, fixedVersion: '3.1.1-r0' },
    { id: 'DSA-1', link: 'first', fixedVersion: '3.1.1-r0' },
  ]);
  assert.equal(finding.vulnerability.source, 'a');
  assert.deepEqual(finding.package.source, openssl.source);
});

test('reports a package without a source package as such', () => {
  const { source, ...binary } = openssl;
  assert.notEqual(source, undefined);
  assert.equal(findingsOf([hit({ package: binary })], byText).matches[0]?.package.source, null);
});

test('uses the first fix when fixes are equal or have no order', () => {
  const fixed = (version: string, name: string): Pick<Hit, 'fix' | 'namespace'> => ({
    fix: { state: 'fixed', version },
    namespace: { name, versionScheme: 'apk' },
  });
  const fixes = [fixed('2', 'a'), fixed('1', 'b'), fixed('3', 'c')];
  assert.deepEqual(bestFix(fixes, byText), { state: 'fixed', version: '1' });
  assert.deepEqual(
    bestFix(fixes, () => undefined),
    { state: 'fixed', version: '2' },
  );
  assert.deepEqual(
    bestFix(fixes, () => 0),
    { state: 'fixed', version: '2' },
  );
  assert.deepEqual(bestFix([], byText), { state: 'unfixed' });
});

test('keeps an id that names no CVE', () => {
  assert.equal(findingsOf([hit({ id: 'XSA-1' })], byText).matches.at(0)?.vulnerability.id, 'XSA-1');
});

test('prefers a fix to no fix, and no fix to a refusal', () => {
  const fixes = (...states: Hit['fix'][]): unknown =>
    findingsOf(
      states.map((fix) => hit({ fix })),
      byText,
    ).matches.at(0)?.fix;
  assert.deepEqual(fixes({ state: 'unfixed' }, { state: 'fixed', version: '9' }), {
    state: 'fixed',
    version: '9',
  });
  assert.deepEqual(fixes({ state: 'will-not-fix' }, { state: 'unfixed' }), { state: 'unfixed' });
});

test('reports findings under investigation separately and does not count them', () => {
  const { matches, suppressed } = findingsOf([hit({ fix: { state: 'under-investigation' } })], byText);
  assert.equal(matches.length, 0);
  assert.equal(suppressed[0]?.reason, 'the vendor is still investigating');
});

test('says that an advisory states no versions when it has none', () => {
  const unversioned = hit({ source: 'osv', range: {}, fix: { state: 'under-investigation' } });
  assert.match(findingsOf([unversioned], byText).suppressed.at(0)?.reason ?? '', /states no versions/);
});

test('gives the same findings for any order of rows', () => {
  const rows = [
    hit({}),
    hit({ id: 'CVE-2023-9' }),
    hit({ package: { ...openssl, name: 'a', purl: 'pkg:a' } }),
    hit({ source: 'z', links: ['x'] }),
  ];
  assert.deepEqual(findingsOf(rows.toReversed(), byText), findingsOf(rows, byText));
});

test('does not count findings of packages that are not ready to run', () => {
  const uncounted = ['claimed-sbom', 'declared', 'dormant', 'stale'] as const;
  for (const evidence of packageEvidences) {
    const { matches, suppressed } = findingsOf([hit({ package: { ...openssl, evidence } })], byText);
    const isCounted = !uncounted.some((each) => each === evidence);
    assert.deepEqual([matches.length, suppressed.length], isCounted ? [1, 0] : [0, 1], evidence);
    assert.equal([...matches, ...suppressed][0]?.package.evidence, evidence);
  }
});

test('does not count findings of modules that pip contains, unless the package is elsewhere too', () => {
  const list = { path: 'usr/lib/python3/site-packages/pip/_vendor/vendor.txt', layer: null };
  const metadata = { path: 'usr/lib/python3/site-packages/x/_vendor/y.dist-info/METADATA', layer: null };
  const vendored = { ...openssl, type: 'pypi', evidence: 'vendored', location: list } as const;
  const countsOf = (found: Package): number[] => {
    const { matches, suppressed } = findingsOf([hit({ package: found })], byText);
    return [matches.length, suppressed.length];
  };
  assert.deepEqual(countsOf(vendored), [0, 1]);
  assert.deepEqual(countsOf({ ...vendored, location: metadata, locations: [list, metadata] }), [1, 0]);
});

test('places findings of malicious packages first', () => {
  const named = (name: string, id: string): Hit =>
    hit({ id, package: { ...openssl, name, purl: `pkg:npm/${name}@1.0.0` } });
  const { matches } = findingsOf([named('a', 'CVE-2024-1'), named('z', 'MAL-2024-1')], byText);
  assert.deepEqual(
    matches.map(({ vulnerability }) => vulnerability.id),
    ['MAL-2024-1', 'CVE-2024-1'],
  );
});

test('suppresses a finding when the advisory that names functions proves that no program has them', () => {
  const absent = { reason: 'no such function', justification: 'vulnerable_code_not_present' } as const;
  const only = { imports: [{ path: 'net/http', symbols: ['Serve'] }] };
  const ofGo = hit({ source: 'osv', id: 'GO-1', aliases: ['CVE-2024-1'], only, absent });
  const ofGitHub = hit({ source: 'osv', id: 'GHSA-1', aliases: ['CVE-2024-1'] });
  const { matches, suppressed } = findingsOf([ofGo, ofGitHub], byText);
  assert.deepEqual(matches, []);
  assert.deepEqual(
    suppressed.map(({ vulnerability, reason, justification }) => [vulnerability.id, reason, justification]),
    [['CVE-2024-1', absent.reason, absent.justification]],
  );
});

test('reports a finding when one advisory names a function that a program has, or none names functions', () => {
  const absent = { reason: 'no such function', justification: 'vulnerable_code_not_present' } as const;
  const only = { imports: [{ path: 'net/http' }] };
  const ofGo = hit({ source: 'osv', id: 'GO-1', aliases: ['CVE-2024-1'], only, absent });
  const present = hit({ source: 'osv', id: 'GO-2', aliases: ['CVE-2024-1'], only });
  const ofGitHub = hit({ source: 'osv', id: 'GHSA-1', aliases: ['CVE-2024-1'] });
  assert.equal(findingsOf([ofGo, present], byText).matches.length, 1);
  assert.equal(findingsOf([ofGitHub], byText).matches.length, 1);
});
