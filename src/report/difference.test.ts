import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Difference } from '../model/difference.ts';
import { hostileText } from '../testing/incomplete-reports.ts';
import { differenceLines } from './difference.ts';

const side = { reference: 'a.tar', packages: 2, findings: 1, verdict: 'not-assessed' } as const;
const openssl = { type: 'deb', name: 'openssl', versions: ['1', '2'] };

const difference: Difference = {
  schemaVersion: 1,
  from: side,
  to: { ...side, reference: 'b.tar' },
  packages: {
    came: [openssl],
    went: [{ type: 'npm', name: 'x', versions: ['1'] }],
    changed: [{ type: 'deb', name: 'bash', from: ['1'], to: ['2'] }],
  },
  findings: {
    came: [{ id: 'CVE-1', severity: 'High', package: openssl, fix: { state: 'fixed', version: '3' } }],
    went: [{ id: 'CVE-10', severity: 'Low', package: openssl, fix: { state: 'unfixed' } }],
    stayed: 4,
  },
};

test('aligns added and removed packages and findings', () => {
  assert.equal(
    [...differenceLines(difference, { colors: false })].join(''),
    `from  a.tar: 2 packages, 1 finding, not assessed
to    b.tar: 2 packages, 1 finding, not assessed

Packages: 1 added, 1 removed, 1 changed
  + openssl  1, 2   deb
  - x        1      npm
  ~ bash     1 → 2  deb

Findings: 1 added, 1 removed, 4 unchanged
  + openssl  1, 2  CVE-1   High  3
  - openssl  1, 2  CVE-10  Low   no fix yet
`,
  );
});

test('escapes control characters of untrusted texts', () => {
  const hostile = { ...openssl, name: hostileText, versions: [hostileText] };
  const lines = [
    ...differenceLines(
      { ...difference, packages: { came: [hostile], went: [], changed: [] } },
      { colors: false },
    ),
  ].join('');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the output must not contain these
  assert.doesNotMatch(lines, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]/);
});
