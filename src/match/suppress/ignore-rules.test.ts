import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Match, TargetKind } from '../../model/report.ts';
import type { IgnoreRule } from '../../model/suppression.ts';
import { sampleMatch, samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { isUnexpired, ruleMatches } from './ignore-rules.ts';
import { suppressionSubjectOf } from './subject.ts';

const finding: Match = sampleMatch(samplePackage('libssl3', '3.0.11-1~deb12u2', 'openssl'), {
  id: 'CVE-2024-5535',
  severity: 'Medium',
  aliases: ['GHSA-4fc7-mvrr-wv2c'],
  advisories: [{ id: 'DSA-5764-1', link: null, fixedVersion: null }],
});

function isMatched(selectors: Partial<IgnoreRule>, target: object = {}): boolean {
  const report = { ...sampleReport, target: { ...sampleReport.target, ...target } };
  return ruleMatches({ place: 'x:1', reason: 'y', ...selectors }, finding, suppressionSubjectOf(report, []));
}

test('matches a vulnerability by each of its names in any case', () => {
  for (const id of [
    'CVE-2024-5535',
    'cve-2024-5535',
    'GHSA-4fc7-mvrr-wv2c',
    'GHSA-*',
    'DSA-5764-1',
    'GCVE-0-2024-5535',
    '*-5535',
  ])
    assert.equal(isMatched({ id }), true, id);
  for (const id of ['CVE-2024-553', 'CVE-2024-55350', 'DSA', '', 'CVE-2023-*'])
    assert.equal(isMatched({ id }), false, id);
});

test('matches a package by its name or its package URL', () => {
  for (const name of ['libssl3', 'lib*', 'pkg:deb/debian/libssl3', 'pkg:deb/*', 'pkg:*/libssl3'])
    assert.equal(isMatched({ package: name }), true, name);
  for (const name of ['openssl', 'libssl', 'LIBSSL3', 'pkg:deb/debian/libssl', 'pkg:rpm/*'])
    assert.equal(isMatched({ package: name }), false, name);
});

test('compares version, path and namespace with those of the finding', () => {
  assert.equal(isMatched({ version: '3.0.11-1~deb12u2' }), true);
  assert.equal(isMatched({ version: '3.0.*' }), true);
  assert.equal(isMatched({ version: '3.0.11' }), false);
  for (const path of [
    'var/lib/dpkg/status',
    '/var/lib/dpkg/status',
    'var/lib/*/status',
    'var/**',
    '**/status',
  ])
    assert.equal(isMatched({ path }), true, path);
  for (const path of ['var/*', '*/status', 'lib/dpkg/status']) assert.equal(isMatched({ path }), false, path);
  assert.equal(isMatched({ namespace: 'debian:12' }), true);
  assert.equal(isMatched({ namespace: 'debian:*' }), true);
  assert.equal(isMatched({ namespace: 'debian:13' }), false);
});

test('matches when all selectors match', () => {
  assert.equal(isMatched({ id: 'CVE-2024-5535', package: 'libssl3', namespace: 'debian:12' }), true);
  for (const other of [
    { id: 'CVE-1' },
    { package: 'curl' },
    { version: '1' },
    { path: 'opt/**' },
    { namespace: 'ubuntu:*' },
  ])
    assert.equal(
      isMatched({ id: 'CVE-2024-5535', package: 'libssl3', ...other }),
      false,
      JSON.stringify(other),
    );
});

test('matches only the findings for which the own condition of a rule holds', () => {
  assert.equal(isMatched({ holdsFor: ({ vulnerability }) => vulnerability.id === 'CVE-2024-5535' }), true);
  assert.equal(isMatched({ holdsFor: ({ vulnerability }) => vulnerability.id === 'CVE-2024-1' }), false);
});

test('applies a rule for one image to that image, and not to a file of the same name', () => {
  const registry = 'registry' as TargetKind;
  assert.equal(isMatched({ image: 'debian' }, { kind: registry, reference: 'debian:12' }), true);
  assert.equal(
    isMatched({ image: 'debian' }, { kind: registry, reference: 'registry:docker.io/library/debian:12' }),
    true,
  );
  assert.equal(isMatched({ image: 'debian' }, { kind: registry, reference: 'shop/debian:12' }), false);
  assert.equal(isMatched({ image: 'debian' }, { kind: 'docker-archive', reference: 'debian' }), false);
});

test('applies a rule on its last day, and not after it', () => {
  const expiring = { place: 'x', reason: 'y', expires: '2026-12-31' };
  assert.equal(isUnexpired(expiring, '2026-12-30'), true);
  assert.equal(isUnexpired(expiring, '2026-12-31'), true);
  assert.equal(isUnexpired(expiring, '2027-01-01'), false);
  assert.equal(isUnexpired({ place: 'x', reason: 'y' }, '9999-12-31'), true);
});
