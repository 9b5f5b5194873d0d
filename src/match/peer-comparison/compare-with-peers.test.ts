import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparisonDifference, PeerComparison } from '../../model/comparison.ts';
import type { PeerFinding, PeerReport } from '../../model/peer-report.ts';
import { dpkg } from '../../version/dpkg.ts';
import { compareWithPeers, type StoredAnswer } from './compare-with-peers.ts';
import type { OwnFinding, OwnPackage, OwnReport } from './compared-findings.ts';
import { findingRules } from './finding-rules.ts';

const deb = (name: string, version = '1.0-1', source = name): OwnPackage => ({
  ...{ type: 'deb', name, version, source: { name: source, version } },
  location: { path: 'var/lib/dpkg/status' },
});
const npm = (name: string, version = '1.0.0', more: Partial<OwnPackage> = {}): OwnPackage => ({
  ...{ type: 'npm', name, version, evidence: 'installed' as const },
  location: { path: `app/node_modules/${name}/package.json` },
  ...more,
});

function own(item: OwnPackage, id: string, more: Partial<OwnFinding['vulnerability']> = {}): OwnFinding {
  const { source = null, ...found } = item;
  const vulnerability = { id, aliases: [], advisories: [], severity: 'Medium' as const, ...more };
  return { vulnerability, package: { ...found, source }, fix: { state: 'unfixed' } };
}

function theirs(
  item: Pick<OwnPackage, 'type' | 'name' | 'version'>,
  id: string,
  more: Partial<PeerFinding> = {},
): PeerFinding {
  const { type, name, version } = item;
  return {
    ...{ id, aliases: [], advisories: [], severity: 'Medium', fixedVersions: [] },
    package: { type, name, version, paths: [] },
    ...more,
  };
}

function theirsAt(type: string, path: string): PeerFinding {
  return theirs(npm('cart'), id, { package: { type, name: 'cart', version: '1.0.0', paths: [path] } });
}

interface Case {
  readonly packages?: readonly OwnPackage[];
  readonly ours?: readonly OwnFinding[];
  readonly report?: Partial<OwnReport>;
  readonly findings?: readonly PeerFinding[];
  readonly peer?: Partial<PeerReport>;
  readonly answer?: StoredAnswer;
}

async function compared({
  packages = [],
  ours = [],
  report,
  findings = [],
  peer,
  answer,
}: Case): Promise<PeerComparison> {
  const ownReport: OwnReport = {
    target: { reference: 'shop.tar' },
    verdict: 'vulnerable',
    ...{ packages, matches: ours, suppressed: [], coverage: [], ...report },
  };
  const peerReport: PeerReport = { format: 'trivy', tool: 'Trivy 0.74.0', findings, ...peer };
  const { peers } = await compareWithPeers(ownReport, [{ reference: 'peer.json', report: peerReport }], {
    schemes: [dpkg],
    ask: async (questions) => questions.map(() => answer),
  });
  assert.ok(peers[0]);
  return peers[0];
}

const rowOf = ({ reportedBy, id, package: item, rule, detail }: ComparisonDifference): string =>
  [reportedBy, item.name, id, rule, detail].filter(Boolean).join(' ');

const counts = ({ agreed, onlyClair, onlyPeer, unexplained }: PeerComparison): number[] => [
  ...[agreed, onlyClair, onlyPeer, unexplained],
];

test('aligns findings by id and package, whatever the spelling of the name and the version', async () => {
  const libssl = deb('libssl3', '3.0-1', 'openssl');
  const pypi = (name: string): OwnPackage => ({ ...npm(name), type: 'pypi' });
  const go = (version: string): OwnPackage => ({ ...npm('example.org/m', version), type: 'golang' });
  const comparison = await compared({
    ours: [
      own(libssl, 'CVE-2024-1001'),
      own(pypi('Zope.Interface'), 'CVE-2024-1002'),
      own(go('v1.0.0'), 'CVE-2024-1003'),
    ],
    findings: [
      theirs(deb('libssl3', '0:3.0-1'), 'CVE-2024-1001'),
      theirs(pypi('zope-interface'), 'CVE-2024-1002'),
      theirs(go('1.0.0'), 'CVE-2024-1003'),
    ],
  });
  assert.deepEqual(counts(comparison), [3, 0, 0, 0]);
});

test('aligns findings of a source package, and of packages without a type', async () => {
  const libssl = deb('libssl3', '3.0-1', 'openssl');
  const ours = [own(libssl, 'CVE-2024-1001'), own(deb('libcrypto3', '3.0-1', 'openssl'), 'CVE-2024-1001')];
  const openssl = { type: 'deb', name: 'openssl', version: '3.0-1' };
  assert.deepEqual(
    counts(await compared({ ours, findings: [theirs(openssl, 'CVE-2024-1001')] })),
    [2, 0, 0, 0],
  );
  const untyped = theirs({ ...libssl, type: '' }, 'CVE-2024-1001');
  assert.deepEqual(counts(await compared({ ours: ours.slice(0, 1), findings: [untyped] })), [1, 0, 0, 0]);
});

test('aligns findings by an alias of either report, and by the id that a distribution gives to a CVE', async () => {
  const item = npm('cart');
  for (const [ours, finding] of [
    [own(item, 'CVE-2024-1001', { aliases: ['GHSA-a'] }), theirs(item, 'GHSA-A')],
    [own(item, 'CVE-2024-1001'), theirs(item, 'GHSA-a', { aliases: ['CVE-2024-1001'] })],
    [own(item, 'CVE-2024-1001', { aliases: ['GHSA-a'] }), theirs(item, 'SNYK-1', { aliases: ['GHSA-a'] })],
    [own(item, 'CVE-2024-1001'), theirs(item, 'DEBIAN-CVE-2024-1001')],
    [own(item, 'CVE-2024-1001', { advisories: [{ id: 'ELSA-1' }] }), theirs(item, 'ELSA-1')],
    [own(item, 'RHSA-1'), theirs(item, 'CVE-2024-1001', { advisories: ['RHSA-1'] })],
  ] as const)
    assert.deepEqual(counts(await compared({ ours: [ours], findings: [finding] })), [1, 0, 0, 0], finding.id);
});

test('aligns an advisory about several vulnerabilities with each of them, and does not join these', async () => {
  const item = deb('a');
  const ours = [own(item, 'CVE-2024-1001'), own(item, 'CVE-2024-1002')];
  const advisory = theirs(item, 'ELSA-1', { aliases: ['CVE-2024-1001', 'CVE-2024-1002'] });
  assert.deepEqual(counts(await compared({ ours, findings: [advisory] })), [2, 0, 0, 0]);
  const other = [advisory, theirs(deb('b'), 'CVE-2024-1002')];
  const comparison = await compared({
    ours: [own(item, 'CVE-2024-1001'), own(deb('b'), 'CVE-2024-1001')],
    findings: other,
  });
  assert.deepEqual(comparison.differences.map(rowOf), [
    'clair b CVE-2024-1001 unexplained',
    'peer b CVE-2024-1002 unexplained',
  ]);
});

test('does not align two vulnerabilities that one advisory is about', async () => {
  const item = deb('a');
  const comparison = await compared({
    ours: [own(item, 'CVE-2024-1001', { advisories: [{ id: 'DSA-1' }] })],
    findings: [theirs(item, 'CVE-2024-1002', { advisories: ['DSA-1'] })],
  });
  assert.deepEqual(counts(comparison), [0, 1, 1, 2]);
});

test('does not join two CVEs over an alias that reports give to both', async () => {
  const item = npm('cart');
  const comparison = await compared({
    ours: [own(item, 'CVE-2024-1001', { aliases: ['GHSA-a'] })],
    findings: [
      theirs(item, 'CVE-2024-1002', { aliases: ['GHSA-b'] }),
      theirs(npm('b'), 'GHSA-a', { aliases: ['GHSA-b'] }),
    ],
  });
  assert.equal(comparison.agreed, 0);
});

test('counts a finding at several paths once', async () => {
  const item = npm('cart');
  const at = (path: string): PeerFinding =>
    theirs(item, 'CVE-2024-1001', {
      package: { type: 'npm', name: 'cart', version: '1.0.0', paths: [path] },
    });
  const { findings, differences } = await compared({ findings: [at('/a'), at('/b'), at('/a')] });
  assert.equal(findings, 1);
  assert.deepEqual(differences[0]?.package.paths, ['/a', '/b']);
});

const libssl = deb('libssl3', '3.0.11-1', 'openssl');
const id = 'CVE-2024-1001';
const answerOf = (outcome: StoredAnswer['outcome'], more: Partial<StoredAnswer> = {}): StoredAnswer => ({
  ...{ outcome, words: 'because', records: [[id]] },
  ...more,
});
const many = (more: Partial<PeerFinding>): PeerFinding[] =>
  Array.from({ length: 5 }, (_, i) => theirs(deb('other'), `CVE-2023-${1000 + i}`, more));
const listed = (...packages: readonly OwnPackage[]): Partial<PeerReport> => ({
  packages: packages.map(({ type, name, version, location }) => ({
    type,
    name,
    version,
    paths: [`/${location.path}`],
  })),
});

/** A difference of one finding for each rule of this file, with the detail. */
const cases: Readonly<Record<string, Case & { readonly detail?: string }>> = {
  'peer/suppressed': {
    packages: [libssl],
    report: { suppressed: [{ ...own(libssl, id), reason: 'the vendor says so' }] },
    findings: [theirs(libssl, id)],
    detail: 'the vendor says so',
  },
  'peer/withdrawn': { packages: [libssl], findings: [theirs(libssl, id, { isWithdrawn: true })] },
  'peer/owned-by-distribution': {
    packages: [npm('cart', '1.0.0', { owner: 'node-cart' })],
    findings: [theirs(npm('cart'), id)],
    detail: 'node-cart',
  },
  'peer/not-from-registry': {
    packages: [npm('cart', '1.0.0', { origin: 'git' })],
    findings: [theirs(npm('cart'), id)],
    detail: 'git',
  },
  'peer/supplier': {
    packages: [npm('@rootio/cart')],
    findings: [theirs(npm('@rootio/cart'), id)],
    detail: 'Root.io',
  },
  'peer/cpe-match': { packages: [libssl], findings: [theirs(libssl, id, { isCpeMatch: true })] },
  'peer/not-assessed': {
    packages: [libssl],
    report: { coverage: [{ namespace: 'kali', status: 'unsupported', reason: null }] },
    findings: [theirs(libssl, id)],
    detail: 'kali: unsupported',
  },
  'peer/other-version': {
    packages: [libssl],
    findings: [theirs(deb('libssl3', '3.0.12-1'), id)],
    detail: '3.0.11-1',
  },
  'peer/name-normalisation': {
    packages: [npm('JSONStream')],
    findings: [theirs(npm('jsonstream'), id)],
    detail: 'JSONStream',
  },
  'peer/outside-vendor': {
    findings: [theirsAt('composer', '/installed.json')],
  },
  'peer/lock-file': {
    findings: [theirsAt('npm', '/app/package-lock.json')],
  },
  'peer/alias': {
    packages: [libssl],
    ours: [own(libssl, 'CVE-2024-1009')],
    findings: [theirs(libssl, 'CVE-2024-1009'), theirs(libssl, 'X-1')],
    answer: answerOf('no-row', { records: [['CVE-2024-1009', 'X-1']] }),
    detail: 'CVE-2024-1009',
  },
  'peer/older-report': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('applies'),
    detail: 'because',
  },
  'peer/version-order': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('version'),
    detail: 'because',
  },
  'peer/status': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('state'),
    detail: 'because',
  },
  'peer/other-build': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('build'),
    detail: 'because',
  },
  'peer/other-source': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('source'),
    detail: 'because',
  },
  'peer/undecided': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('undecided'),
    detail: 'because',
  },
  'peer/other-distribution': {
    ...{ packages: [libssl], findings: [theirs(libssl, id)], answer: answerOf('namespace') },
    detail: 'because',
  },
  'peer/other-package': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('no-row'),
    detail: 'because',
  },
  'peer/fixed-by-own-report': {
    packages: [libssl],
    findings: [theirs(libssl, id, { fixedVersions: ['3.0.11-1'] })],
    detail: '3.0.11-1',
  },
  'peer/newer-data': {
    packages: [libssl],
    report: {
      coverage: [{ namespace: 'debian:12', status: 'stale', reason: null, contentDate: '2023-12-31' }],
    },
    findings: [theirs(libssl, id)],
    detail: '2023-12-31',
  },
  'peer/no-advisory': {
    packages: [libssl],
    findings: [theirs(libssl, id)],
    answer: answerOf('no-record', { words: '' }),
  },
  'clair/suppressed': {
    ours: [own(libssl, id)],
    findings: [theirs(libssl, id, { suppressed: 'ignored' })],
    detail: 'ignored',
  },
  'clair/alias': {
    ours: [own(libssl, 'CVE-2024-1009')],
    report: { suppressed: [{ ...own(libssl, 'CVE-2024-1001'), reason: '' }] },
    findings: [theirs(libssl, 'CVE-2024-1001')],
    answer: answerOf('applies', {
      records: [
        ['CVE-2024-1009', 'X-1'],
        ['X-1', 'CVE-2024-1001'],
      ],
    }),
    detail: 'CVE-2024-1001',
  },
  'clair/distribution-unsupported': { ours: [own(libssl, id)], peer: listed(npm('cart')) },
  'clair/other-version': {
    ours: [own(libssl, id)],
    peer: listed(deb('libssl3', '3.0.12-1')),
    detail: '3.0.12-1',
  },
  'clair/name-normalisation': {
    ours: [own(npm('json.stream'), id)],
    peer: listed(npm('json-stream')),
    detail: 'json-stream',
  },
  'clair/case-of-npm': {
    ours: [own(npm('JSONStream', '1.0.0'), id)],
    peer: listed(npm('jsonstream', '2.0.0')),
  },
  'clair/not-listed': { ours: [own(libssl, id)], peer: listed(deb('other')) },
  'clair/name-lookup': {
    ours: [own({ ...npm('Django'), type: 'pypi' }, id)],
    peer: { ...listed({ ...npm('Django'), type: 'pypi' }), tool: 'osv-scanner' },
  },
  'clair/type-not-listed': { ours: [own(libssl, id)], peer: { findings: [] } },
  'clair/only-fixed': { ours: [own(libssl, id)], findings: many({ fixedVersions: ['2'] }) },
  'clair/severity-filter': { ours: [own(libssl, id)], findings: many({ severity: 'High' }), detail: 'High' },
  'clair/other-binary': {
    ours: [own(libssl, id), own(deb('libcrypto3', '3.0.11-1', 'openssl'), id)],
    findings: [theirs(libssl, id)],
  },
  'clair/kernel-headers': {
    ours: [own(deb('linux-libc-dev', '6.1-1', 'linux'), id)],
    findings: [theirs(deb('other'), 'CVE-2023-1000')],
  },
  'clair/older-data': {
    ours: [own(libssl, id)],
    findings: [theirs(deb('other'), 'CVE-2023-1000')],
    peer: { dataDate: '2023-12-31T00:00:00Z' },
    detail: '2023-12-31T00:00:00Z',
  },
};

for (const [rule, { detail, ...one }] of Object.entries(cases))
  test(`explains a difference by ${rule}`, async () => {
    const { differences } = await compared(one);
    const found = differences.filter(({ id: found }) => !found.startsWith('CVE-2023-'));
    assert.deepEqual(
      found.filter((each) => each.rule === rule).map((each) => each.detail),
      [detail],
      found.map(rowOf).join('; '),
    );
  });

test('has a case for every rule about findings', () => {
  const ofPackages = /^The other scanner does not list|^Clair does not list/;
  const wanted = findingRules
    .filter(({ sentence }) => !ofPackages.test(sentence))
    .map(({ id: each }) => each);
  assert.deepEqual(
    wanted.filter((each) => !(each in cases)),
    [],
  );
});

test('counts differences without a rule, and lists them first', async () => {
  const comparison = await compared({
    packages: [libssl],
    findings: [theirs(libssl, id), theirs(libssl, 'CVE-2024-1002', { isWithdrawn: true, severity: 'High' })],
  });
  assert.deepEqual(comparison.differences.map(rowOf), [
    'peer libssl3 CVE-2024-1001 unexplained',
    'peer libssl3 CVE-2024-1002 peer/withdrawn',
  ]);
  assert.deepEqual(
    comparison.rules.map(({ id: rule, count }) => `${rule} ${count}`),
    ['unexplained 1', 'peer/withdrawn 1'],
  );
  assert.equal(comparison.unexplained, 1);
});
