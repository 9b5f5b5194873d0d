import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ImageUpgradePlan } from '../../src/model/upgrade.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { clair, inCheckout, report, scratch } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';

const mirror = alpineMirror('upgrade-mirror', {
  '1.36.1-r0': ['CVE-2026-1'],
  // As text, r10 is lower than r9.
  '1.36.1-r9': ['CVE-2026-2'],
  '1.36.1-r10': ['CVE-2026-3'],
});
const options = ['--mirror', mirror, '--db', join(scratch, 'upgrade.db')];

/** A root file system of Alpine with this version of busybox. */
function rootWith(version: string): string {
  const root = join(scratch, `upgrade-${version}`);
  const installed = [
    { name: 'busybox', version, arch: 'x86_64' },
    { name: 'ssl_client', version, arch: 'x86_64', source: ['busybox', version] },
    { name: 'apk-tools', version: '2.14.0-r5', arch: 'x86_64' },
  ] as const;
  writeSystem(root, { ID: 'alpine', VERSION_ID: '3.19.0' }, databases.apk(installed));
  return `dir:${root}`;
}

function planOf(target: string): ImageUpgradePlan {
  const run = clair(['upgrade', target, ...options, '--format', 'json']);
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as ImageUpgradePlan;
}

test('a scan after the upgrade has the findings that the plan left', () => {
  const { upgrades, before, remaining } = planOf(rootWith('1.36.0-r0'));
  assert.equal(before.findings, 6);
  assert.deepEqual(
    upgrades.map((upgrade) => [upgrade.package, upgrade.fixedVersion, upgrade.closes.findings]),
    [['busybox', '1.36.1-r10', 6]],
  );
  assert.deepEqual(remaining, []);
  assert.deepEqual(report('scan', rootWith('1.36.1-r10'), ...options).matches, []);
  // A lower version would not do.
  assert.equal(report('scan', rootWith('1.36.1-r9'), ...options).matches.length, 2);
});

test('writes instructions for the package manager of the image', () => {
  const run = clair(['upgrade', rootWith('1.36.0-r0'), ...options, '--format', 'dockerfile']);
  assert.match(
    run.stdout,
    /^RUN apk upgrade --no-cache busybox ssl_client \\\n && apk info -e 'busybox>=1\.36\.1-r10'/m,
  );
});

test('ends with 4 if nothing could be assessed, and says so', () => {
  const run = clair(['upgrade', inCheckout('examples/image.tar'), '--offline', '--db', ':memory:']);
  assert.equal(run.status, 4);
  assert.match(run.stdout, /^Not judged: alpine:v3\.20/m);
});
