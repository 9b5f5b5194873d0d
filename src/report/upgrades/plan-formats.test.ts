import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Package } from '../../model/package.ts';
import type { ImageUpgradePlan, PlannedUpgrade, UpgradedPackage } from '../../model/upgrade.ts';
import { type JsonSchema, schemaProblems } from '../../testing/json-schema.ts';
import { samplePackage } from '../../testing/sample-report.ts';
import { packageManagers } from './package-managers.ts';
import { upgradePlanDockerfile } from './plan-dockerfile.ts';
import { upgradePlanLines } from './plan-lines.ts';
import { upgradePlanMarkdown } from './plan-markdown.ts';

const none = { Unknown: 0, Negligible: 0, Low: 0, Medium: 0, High: 0, Critical: 0, Defcon1: 0 };
const oneHigh = { ...none, High: 1, findings: 1, exploited: 0 };

function upgradeOf(
  packages: readonly Pick<UpgradedPackage, 'type' | 'name' | 'fixedVersion'>[],
): PlannedUpgrade {
  const [first] = packages;
  return {
    rank: 1,
    kind: 'distro-package',
    namespace: 'debian:12',
    package: first?.name ?? '',
    versions: ['1'],
    fixedVersion: first?.fixedVersion ?? null,
    images: 1,
    closes: oneHigh,
    packages: packages.map((item) => ({ ...item, version: '1', comparesSource: false })),
    gain: 0.5,
    residual: 0.5,
    text: `Upgrade ${first?.name ?? ''} from 1 to ${first?.fixedVersion ?? ''}`,
  };
}

function planOf(upgrades: readonly PlannedUpgrade[], more: Partial<ImageUpgradePlan> = {}): ImageUpgradePlan {
  return {
    schemaVersion: 1,
    target: { reference: 'app.tar' },
    verdict: 'vulnerable',
    upgrades,
    before: { ...oneHigh, High: 2, findings: 2 },
    after: oneHigh,
    risk: { before: 1, after: 0.5 },
    priors: [],
    remaining: [],
    doubts: [],
    ...more,
  };
}

/** Installed packages: the manager, and packages with these names. */
function installed(type: string, ...names: readonly string[]): Package[] {
  return names.map((name) => ({ ...samplePackage(name, '1'), type }));
}

function dockerfile(plan: ImageUpgradePlan, packages: readonly Package[]): string {
  return [...upgradePlanDockerfile(plan, packages)].join('');
}

const libc = { type: 'deb', name: 'libc6', fixedVersion: '2.36-9+deb12u10' };

test('the JSON is what the schema describes', () => {
  const schema = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../../docs/reference/upgrade.schema.json'), 'utf8'),
  ) as JsonSchema;
  const plan = planOf([upgradeOf([libc])], {
    priors: [{ severity: 'High', probability: 0.005, by: 'constant', scores: 0, findings: 1 }],
    remaining: [
      {
        reason: 'will-not-fix',
        sum: oneHigh,
        risk: 0.5,
        findings: [{ id: 'CVE-1', severity: 'High', package: { type: 'deb', name: 'a', version: '1' } }],
      },
    ],
    doubts: ['debian:12: stale'],
  });
  assert.deepEqual(schemaProblems(schema, plan), []);
  assert.notDeepEqual(schemaProblems(schema, { ...plan, verdict: 'fine' }), []);
});

test('a Dockerfile installs the newest packages, and fails if one is older than the fixed version', () => {
  const text = dockerfile(planOf([upgradeOf([libc])]), installed('deb', 'apt', 'libc6'));
  assert.equal(
    text,
    [
      '# Upgrades: before 2 findings (2 High), after 1 finding (1 High).',
      'RUN apt-get update \\',
      ' && apt-get install -y --no-install-recommends --only-upgrade libc6 \\',
      ` && dpkg --compare-versions "$(dpkg-query -W -f='\${source:Version}' libc6)" ge '2.36-9+deb12u10' \\`,
      ' && rm -rf /var/lib/apt/lists/*',
      '',
    ].join('\n'),
  );
});

test('names the architectures of a package that is installed for several', () => {
  const [libc6] = installed('deb', 'libc6');
  assert.ok(libc6);
  const packages = [...installed('deb', 'apt'), libc6, { ...libc6, arch: 'i386' }];
  assert.match(dockerfile(planOf([upgradeOf([libc])]), packages), /--only-upgrade libc6:amd64 libc6:i386 /);
});

for (const [manager, type, name, version, command] of [
  ['apk-tools', 'apk', 'libssl3', '3.3.2-r0', "apk info -e 'libssl3>=3.3.2-r0'"],
  ['dnf', 'rpm', 'openssl-libs', '1:3.0.7-27.el9', "dnf install -y 'openssl-libs >= 1:3.0.7-27.el9'"],
  ['microdnf', 'rpm', 'glibc', '2.34-60.el9', "microdnf install -y 'glibc >= 2.34-60.el9'"],
  ['yum', 'rpm', 'glibc', '2.17-326.el7', "yum install -y 'glibc >= 2.17-326.el7'"],
  [
    ...(['zypper', 'rpm', 'libopenssl3', '3.0.8-1'] as const),
    "zypper --non-interactive install --no-recommends 'libopenssl3 >= 3.0.8-1'",
  ],
] as const)
  test(`uses ${manager} if the image has it`, () => {
    const plan = planOf([upgradeOf([{ type, name, fixedVersion: version }])]);
    assert.ok(dockerfile(plan, installed(type, manager, name)).includes(command));
  });

test('says that an image without a package manager needs another base image', () => {
  const text = dockerfile(planOf([upgradeOf([libc])]), installed('deb', 'libc6'));
  assert.match(text, /^# 1 upgrade needs a newer base image/m);
  assert.doesNotMatch(text, /RUN/);
});

test('refuses names and versions that are not those of packages', () => {
  const hostile = ['a;reboot', '$(reboot)', '--force', "a'b", 'a b', 'a\nRUN reboot', 'a`b`', ''];
  const packages = [
    ...hostile.map((name) => ({ type: 'deb', name, fixedVersion: '1' })),
    ...hostile.map((fixedVersion) => ({ type: 'deb', name: 'zlib1g', fixedVersion })),
  ];
  const text = dockerfile(planOf([upgradeOf(packages)]), installed('deb', 'apt'));
  assert.match(text, /^# Left out: 16 packages/m);
  assert.doesNotMatch(text, /reboot|force|RUN/);
});

test('no name or version becomes a command', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...packageManagers),
      fc.string({ unit: 'binary' }),
      fc.string(),
      (manager, name, version) => {
        if (manager.isName(name)) assert.match(name, /^[\w.+:-]+$/);
        if (manager.isVersion(version)) assert.match(version, /^[\w.+:~^-]+$/);
        const upgrade = upgradeOf([{ type: manager.type, name, fixedVersion: version }]);
        const text = dockerfile(planOf([upgrade]), installed(manager.type, ...manager.programs));
        for (const line of text.split('\n')) assert.match(line, /^(?:#|RUN | && |$)/);
      },
    ),
  );
});

test('a shell reads the commands of each manager', () => {
  for (const { commands } of packageManagers) {
    const script = commands([{ name: 'a', fixedVersion: '1:2~3' }]).join(' && ');
    assert.equal(spawnSync('sh', ['-n', '-c', script]).status, 0, script);
  }
});

test('keeps text of the image from being markup', () => {
  const plan = planOf([{ ...upgradeOf([libc]), text: 'Upgrade <img src=x> [a](http://b) | `c`\n# d' }], {
    doubts: ['a\n\n# b'],
  });
  const text = [...upgradePlanMarkdown(plan)].join('');
  assert.match(
    text,
    /^1\. Upgrade \\<img src\\=x\\> \\\[a\\\]\(http:\/\/b\) \\\| \\`c\\` \\# d: closes 1 finding/m,
  );
  assert.match(text, /^- a \\# b$/m);
});

test('a terminal shows what to do, its effect, and what is not judged', () => {
  const plan = planOf([upgradeOf([libc])], {
    remaining: [
      {
        reason: 'not-listed',
        sum: oneHigh,
        risk: 0.5,
        findings: [{ id: 'CVE-1', severity: 'High', package: { type: 'deb', name: 'a', version: '1' } }],
      },
    ],
    priors: [{ severity: 'Low', probability: 0.0004, by: 'median', scores: 11, findings: 2 }],
    doubts: ['debian:12: stale'],
  });
  assert.equal(
    [...upgradePlanLines(plan, { colors: false })].join(''),
    `app.tar

1. Upgrade libc6 from 1 to 2.36-9+deb12u10
   closes 1 finding (1 High); removes 50.0 % of the risk, 50.0 % is left

Before: 2 findings (2 High). After the upgrade: 1 finding (1 High).
2 Low findings have no EPSS score: they count as 0.04 %, the median of 11 scores of this severity.

1 left, closed by upgrades that --limit leaves out: CVE-1 (a)
Not judged: debian:12: stale
`,
  );
});

test('folds lines to the width of the terminal', () => {
  const text = [...upgradePlanLines(planOf([upgradeOf([libc])]), { colors: false, columns: 44 })].join('');
  for (const line of text.split('\n')) assert.ok(line.length <= 44, line);
});
