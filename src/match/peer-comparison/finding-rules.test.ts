import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerFinding } from '../../model/peer-report.ts';
import { compareWithPeers } from './compare-with-peers.ts';
import type { OwnPackage, OwnReport } from './compared-findings.ts';
import { AliasGroups } from './vulnerability-names.ts';

test('says that a type of packages has no advisories at all, and not that of a type with some', async () => {
  const packages: readonly OwnPackage[] = [
    { type: 'conan', name: 'pcre', version: '8.43', location: { path: 'conan.lock' } },
    { type: 'npm', name: 'cart', version: '1.0.0', location: { path: 'package-lock.json' } },
  ];
  const findings = packages.map(
    ({ type, name, version }): PeerFinding => ({
      id: 'CVE-2024-1001',
      aliases: [],
      advisories: [],
      severity: 'Medium',
      fixedVersions: [],
      package: { type, name, version, paths: [] },
    }),
  );
  const own: OwnReport = {
    target: { reference: 'shop.tar' },
    verdict: 'not-assessed',
    packages,
    matches: [],
    suppressed: [],
    coverage: [
      { namespace: 'unknown', status: 'unsupported', reason: null },
      { namespace: 'npm', status: 'complete', reason: null },
    ],
  };
  const report = { format: 'trivy' as const, tool: 'Trivy 0.74.0', findings };
  const { peers } = await compareWithPeers(own, [{ reference: 'peer.json', report }], {
    schemes: [],
    ask: async (questions) => questions.map(() => undefined),
  });
  assert.deepEqual(
    peers[0]?.differences.map(({ package: item, rule, detail }) => [item.name, rule, detail]),
    [
      ['cart', 'unexplained', undefined],
      ['pcre', 'peer/not-assessed', 'unknown: unsupported'],
    ],
  );
});

/** The rule for a finding that only Clair has, of a package with this name. */
async function ruleFor(tool: string, type: string, name: string): Promise<string | undefined> {
  const vulnerability = { id: 'CVE-2024-1001', aliases: [], advisories: [], severity: 'Medium' as const };
  const found = { type, name, version: '1.0.0', location: { path: 'app/package.json' } };
  const own: OwnReport = {
    target: { reference: 'shop.tar' },
    verdict: 'vulnerable',
    packages: [found],
    matches: [{ vulnerability, package: { ...found, source: null }, fix: { state: 'unfixed' } }],
    suppressed: [],
    coverage: [],
  };
  const report = { format: 'trivy' as const, tool, findings: [] };
  const { peers } = await compareWithPeers(own, [{ reference: 'peer.json', report }], {
    schemes: [],
    ask: async (questions) => questions.map(() => undefined),
  });
  return peers[0]?.differences[0]?.rule;
}

test('names the spellings of a package that another scanner does not find', async () => {
  for (const [tool, type, name, isFound] of [
    ['Trivy 0.74.0', 'npm', 'JSONStream', false],
    ['Trivy 0.74.0', 'npm', 'jsonstream', true],
    ['osv-scanner 2.6.0', 'npm', 'JSONStream', true],
    ['Trivy 0.74.0', 'pypi', 'zope.interface', false],
    ['Trivy 0.74.0', 'pypi', 'Typing_Extensions', true],
    ['osv-scanner 2.6.0', 'pypi', 'Typing_Extensions', false],
    ['osv-scanner 2.6.0', 'pypi', 'typing-extensions', true],
    ['grype 0.112.0', 'pypi', 'zope.interface', true],
    ['Trivy 0.74.0', 'gem', 'RedCloth', true],
  ] as const)
    assert.equal((await ruleFor(tool, type, name)) !== 'clair/name-lookup', isFound, `${tool} ${name}`);
});

test('groups names of one vulnerability through other names, and never two CVEs', () => {
  const groups = new AliasGroups();
  groups.add({ id: 'X-1', aliases: ['CVE-2024-1'] });
  groups.add({ id: 'X-2', aliases: ['X-1'] });
  groups.add({ id: 'X-2', aliases: ['CVE-2024-2'] });
  const groupOf = (id: string): string | undefined =>
    [...groups.groupsOf({ id, aliases: [], advisories: [] }).own][0];
  assert.equal(groupOf('X-2'), groupOf('CVE-2024-1'));
  assert.notEqual(groupOf('CVE-2024-2'), groupOf('CVE-2024-1'));
});
