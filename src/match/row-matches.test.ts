import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dpkg } from '../version/dpkg.ts';
import { maven } from '../version/maven.ts';
import { rpm } from '../version/rpm.ts';
import type { Installed } from './applies.ts';
import { type CandidateRow, rowMatches } from './row-matches.ts';

const schemes = [dpkg, maven, rpm];
const glibc: CandidateRow = {
  namespace: { name: 'debian:12', versionScheme: 'dpkg' },
  affectedPackage: 'glibc',
  range: { to: '2.36-10' },
  decided: false,
};
const deb: Installed = { type: 'deb', version: '2.36-9', arch: 'amd64' };

test('a row about other builds does not match, whatever keys decided', () => {
  const row: CandidateRow = {
    ...glibc,
    namespace: { name: 'rhel:9', versionScheme: 'rpm' },
    only: { arch: ['aarch64'] },
    decided: true,
  };
  const installed: Installed = { type: 'rpm', version: '2.34-1', arch: 'x86_64' };
  assert.equal(rowMatches(row, installed, { version: '2.34-1', schemes }), false);
  assert.equal(rowMatches(row, { ...installed, arch: 'aarch64' }, { version: '2.34-1', schemes }), true);
});

test('does not compare again what keys decided', () => {
  assert.equal(rowMatches({ ...glibc, decided: true }, deb, { version: 'not a version', schemes: [] }), true);
});

test('compares in the scheme of the row what keys could not decide', () => {
  assert.equal(rowMatches(glibc, deb, { version: '2.36-9', schemes }), true);
  assert.equal(rowMatches(glibc, deb, { version: '2.36-10', schemes }), false);
  const jar: CandidateRow = { ...glibc, namespace: { name: 'maven', versionScheme: 'maven' } };
  assert.equal(
    rowMatches({ ...jar, range: { to: '1.0.1' } }, deb, { version: '1.0.alpha.1', schemes }),
    true,
  );
});

test('leaves versions without an order open', () => {
  assert.equal(rowMatches(glibc, deb, { version: 'not a version', schemes }), undefined);
  assert.equal(rowMatches(glibc, deb, { version: '2.36-9', schemes: [rpm] }), undefined);
});
