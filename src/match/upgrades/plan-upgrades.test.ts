import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Severity } from '../../model/severity.ts';
import type { UpgradePlan } from '../../model/upgrade.ts';
import { apk } from '../../version/apk.ts';
import { dpkg } from '../../version/dpkg.ts';
import { npm } from '../../version/npm.ts';
import { rpm } from '../../version/rpm.ts';
import { planUpgrades } from './plan-upgrades.ts';
import type { WeighedFinding } from './weighed-finding.ts';

const schemes = [dpkg, apk, npm, rpm];

type FindingParts = Partial<Omit<WeighedFinding, 'fix' | 'evidence' | 'vulnerability' | 'package'>> & {
  readonly severity?: Severity;
  readonly epss?: number | null;
  readonly kev?: boolean;
  readonly source?: string;
  readonly parent?: string;
  readonly ranges?: readonly WeighedFinding['evidence'][number]['range'][];
};

/** A finding of a deb, as `id package version fixedVersion`. Without a fixed version, there is no fix. */
function deb(text: string, parts: FindingParts = {}): WeighedFinding {
  return findingOf('deb', 'debian:12', 'dpkg', text, parts);
}

function npmFinding(text: string, parts: FindingParts = {}): WeighedFinding {
  return findingOf('npm', 'npm', 'npm', text, parts);
}

function rpmFinding(text: string, parts: FindingParts = {}): WeighedFinding {
  const { source = '' } = parts;
  const finding = findingOf('rpm', 'rhel:9', 'rpm', text, parts);
  // Advisories of Red Hat name the binary package.
  const evidence = finding.evidence.map((one) => ({ ...one, package: finding.package.name }));
  return { ...finding, evidence, package: { ...finding.package, source: { name: source, version: 'x' } } };
}

function findingOf(
  ...[type, namespace, versionScheme, text, parts]: readonly [string, string, string, string, FindingParts]
): WeighedFinding {
  const [id = '', name = '', version = '', fixed] = text.split(' ');
  const { severity = 'High', epss = 0.1, kev = false, source, parent, ranges, ...more } = parts;
  const to = fixed === undefined ? {} : { to: fixed };
  return {
    vulnerability: { id, severity, epss, kev },
    package: {
      type,
      name,
      version,
      source: source === undefined ? null : { name: source, version },
      ...(parent !== undefined && { parent: { name: parent, version: '1.0' } }),
    },
    fix: fixed === undefined ? { state: 'unfixed' } : { state: 'fixed', version: fixed },
    evidence: (ranges ?? [to]).map((range) => ({
      namespace,
      package: source ?? name,
      installed: version,
      range,
      versionScheme,
    })),
    weight: 1,
    ...more,
  };
}

/** `kind package fixedVersion closed` of each upgrade. */
function listed({ upgrades }: UpgradePlan): string[] {
  return upgrades.map(
    ({ kind, package: name, fixedVersion, closes }) => `${kind} ${name} ${fixedVersion} ${closes.findings}`,
  );
}

test('upgrades a source package to the highest fixed version, once for all its packages', () => {
  const plan = planUpgrades(
    [
      deb('CVE-1 libc6 2.36-9 2.36-9+deb12u7', { source: 'glibc' }),
      // As text, deb12u10 is lower than deb12u7.
      deb('CVE-2 libc6 2.36-9 2.36-9+deb12u10', { source: 'glibc' }),
      deb('CVE-2 libc-bin 2.36-9 2.36-9+deb12u10', { source: 'glibc' }),
    ],
    { schemes },
  );
  assert.deepEqual(listed(plan), ['distro-package glibc 2.36-9+deb12u10 3']);
  const [upgrade] = plan.upgrades;
  assert.ok(upgrade);
  assert.deepEqual(
    upgrade.packages.map(({ name, fixedVersion }) => `${name} ${fixedVersion}`),
    ['libc-bin 2.36-9+deb12u10', 'libc6 2.36-9+deb12u10'],
  );
  assert.equal(upgrade.text, 'Upgrade glibc from 2.36-9 to 2.36-9+deb12u10 (libc-bin, libc6)');
  assert.equal(plan.after.findings, 0);
});

test('computes the gain from exploitation, EPSS and severity', () => {
  const plan = planUpgrades(
    [
      deb('CVE-1 a 1 2', { severity: 'Critical', kev: true, epss: 0.01 }),
      deb('CVE-2 b 1 2', { severity: 'Low', epss: 0.5 }),
    ],
    { schemes },
  );
  // 1 × 0.9, then 0.5 × 0.3.
  assert.deepEqual(
    plan.upgrades.map(({ gain, residual }) => [gain, residual]),
    [
      [0.9, 0.15],
      [0.15, 0],
    ],
  );
  assert.deepEqual(plan.risk, { before: 1.05, after: 0 });
  assert.deepEqual([plan.before.exploited, plan.before.findings], [1, 2]);
});

test('gives findings without an EPSS score the median of their severity, or a constant', () => {
  const scored = Array.from({ length: 11 }, (_, i) =>
    deb(`CVE-${i} a 1`, { severity: 'High', epss: (i + 1) / 100 }),
  );
  const plan = planUpgrades(
    [
      ...scored,
      deb('GHSA-1 b 1 2', { severity: 'High', epss: null }),
      deb('CVE-99 c 1 2', { severity: 'Low', epss: null }),
    ],
    { schemes },
  );
  assert.deepEqual(plan.priors, [
    { severity: 'Low', probability: 0.001, by: 'constant', scores: 0, findings: 1 },
    { severity: 'High', probability: 0.06, by: 'median', scores: 11, findings: 1 },
  ]);
  assert.deepEqual(
    plan.upgrades.map(({ package: name, gain }) => [name, gain]),
    [
      ['b', 0.045],
      ['c', 0.0003],
    ],
  );
});

test('gives no finding the risk 0', () => {
  const plan = planUpgrades([deb('CVE-1 a 1 2', { severity: 'Negligible', epss: 0 })], { schemes });
  assert.equal(plan.upgrades.length, 1);
});

test('stays in the major line of a language package, then leaves it for what only that closes', () => {
  const plan = planUpgrades(
    [
      npmFinding('CVE-1 lodash 3.1.0 3.10.0', { epss: 0.01 }),
      npmFinding('CVE-2 lodash 3.1.0 3.9.0', { epss: 0.01 }),
      npmFinding('CVE-3 lodash 3.1.0 4.17.21', { epss: 0.9 }),
    ],
    { schemes },
  );
  assert.deepEqual(listed(plan), ['language-package lodash 3.10.0 2', 'language-package lodash 4.17.21 1']);
});

test('upgrades the parent of vendored packages', () => {
  const plan = planUpgrades(
    [
      npmFinding('CVE-1 tar 6.1.0 6.1.2', { parent: 'npm' }),
      npmFinding('CVE-2 semver 7.0.0 7.5.2', { parent: 'npm' }),
      npmFinding('CVE-2 semver 7.0.0 7.5.2'),
    ],
    { schemes },
  );
  assert.deepEqual(listed(plan), ['language-package npm null 2', 'language-package semver 7.5.2 1']);
  assert.equal(
    plan.upgrades[0]?.text,
    'Upgrade npm from 1.0 to a version that contains semver 7.5.2, tar 6.1.2 or later',
  );
});

test('gives each rpm of a source its own version', () => {
  const plan = planUpgrades(
    [
      rpmFinding('CVE-1 perl-libs 4:5.32.1-1 4:5.32.1-2', { source: 'perl' }),
      rpmFinding('CVE-1 perl-Errno 1.30-1 0:1.30-2', { source: 'perl' }),
    ],
    { schemes },
  );
  assert.deepEqual(listed(plan), ['distro-package perl 4:5.32.1-2 2']);
  assert.deepEqual(
    plan.upgrades[0]?.packages.map(({ name, fixedVersion }) => `${name} ${fixedVersion}`),
    ['perl-Errno 0:1.30-2', 'perl-libs 4:5.32.1-2'],
  );
});

test('says why findings are left', () => {
  const plan = planUpgrades(
    [
      deb('CVE-1 a 1'),
      { ...deb('CVE-2 b 1'), fix: { state: 'will-not-fix' } },
      // One advisory names a fix, another one still affects it.
      deb('CVE-3 c 1 2', { ranges: [{ to: '2' }, {}] }),
      deb('CVE-4 d 1 2'),
      deb('CVE-5 e 1 a:1'),
      deb('CVE-6 f 1 2', { epss: 0.9 }),
    ],
    { schemes, limit: 1 },
  );
  assert.deepEqual(listed(plan), ['distro-package f 2 1']);
  assert.deepEqual(
    Object.fromEntries(plan.remaining.map(({ reason, findings }) => [reason, findings.map(({ id }) => id)])),
    {
      unfixed: ['CVE-1'],
      'will-not-fix': ['CVE-2'],
      'not-closed': ['CVE-3', 'CVE-5'],
      'not-listed': ['CVE-4'],
    },
  );
  assert.equal(plan.after.findings, 5);
});

test('counts what a rebuild closes once', () => {
  const plan = planUpgrades(
    [
      deb('CVE-1 a 1 2', { isRebuilt: true }),
      deb('CVE-2 b 1 2', { isRebuilt: true }),
      deb('CVE-3 b 1 2', { epss: 0.15 }),
    ],
    { schemes },
  );
  // The upgrade of b removes 0.1875, and the rebuild 0.15. Then only a is left to the rebuild.
  assert.deepEqual(listed(plan), ['distro-package b 2 2', 'distro-package a 2 1']);
  const rebuilt = planUpgrades(
    [
      deb('CVE-1 a 1 2', { isRebuilt: true }),
      deb('CVE-2 b 1 2', { isRebuilt: true }),
      deb('CVE-3 b 1 2', { epss: 0.01 }),
    ],
    { schemes },
  );
  assert.deepEqual(listed(rebuilt), ['rebuild null null 2', 'distro-package b 2 1']);
});

test('moves to a base image with less risk, whose findings count from then on', () => {
  const plan = planUpgrades(
    [
      deb('CVE-1 a 1', { isOfBase: true, epss: 0.5 }),
      deb('CVE-2 a 1', { isOfBase: true, epss: 0.5 }),
      deb('CVE-3 own 1 2'),
    ],
    {
      schemes,
      bases: [
        {
          base: 'debian:worse',
          findings: [deb('CVE-4 a 2', { epss: 0.99, severity: 'Critical' }), deb('CVE-5 a 2', { kev: true })],
        },
        { base: 'debian:better', findings: [deb('CVE-6 a 3 4', { epss: 0.01 })] },
      ],
    },
  );
  assert.deepEqual(listed(plan), [
    'base-image debian:better null 1',
    'distro-package own 2 1',
    'distro-package a 4 1',
  ]);
  assert.equal(plan.after.findings, 0);
});

test('counts findings by their number of images', () => {
  const plan = planUpgrades(
    [deb('CVE-1 a 1 2', { weight: 3 }), deb('CVE-2 b 1 2', { weight: 2, epss: 0.14 })],
    { schemes },
  );
  assert.deepEqual(
    plan.upgrades.map(({ package: name, images, closes }) => [name, images, closes.High]),
    [
      ['a', 3, 3],
      ['b', 2, 2],
    ],
  );
});

test('removes as much risk as it says, whatever the order of the findings', () => {
  const finding = fc.record({
    id: fc.integer({ min: 1, max: 9 }),
    name: fc.constantFrom('a', 'b', 'c'),
    fixed: fc.constantFrom('2', '3', '4', undefined),
    epss: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    isRebuilt: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.uniqueArray(finding, { selector: ({ id, name }) => `${id} ${name}` }), (parts) => {
      const findings = parts.map(({ id, name, fixed, epss, isRebuilt }) =>
        deb(`CVE-${id} ${name} 1${fixed === undefined ? '' : ` ${fixed}`}`, { epss, isRebuilt }),
      );
      const plan = planUpgrades(findings, { schemes });
      assert.deepEqual(planUpgrades(findings.toReversed(), { schemes }), plan);
      const removed = plan.upgrades.reduce((sum, { gain }) => sum + gain, 0);
      assert.ok(Math.abs(plan.risk.before - plan.risk.after - removed) < 1e-5);
      const closed = plan.upgrades.reduce((sum, { closes }) => sum + closes.findings, 0);
      assert.equal(plan.before.findings - plan.after.findings, closed);
      assert.equal(plan.after.findings, findings.filter(({ fix }) => fix.state !== 'fixed').length);
    }),
  );
});
