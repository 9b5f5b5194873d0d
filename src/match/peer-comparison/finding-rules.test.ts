import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerFinding } from '../../model/peer-report.ts';
import { compareWithPeers } from './compare-with-peers.ts';
import type { OwnPackage, OwnReport } from './compared-findings.ts';

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
