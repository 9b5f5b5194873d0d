import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DailyDigest } from '../model/daily-digest.ts';
import { digestMail } from './digest-mail.ts';

const digest: DailyDigest = {
  since: '2026-11-28T07:00:00.000Z',
  at: '2026-11-29T07:00:01.000Z',
  findings: {
    countedAt: '2026-11-29T06:58:00.000Z',
    images: 1204,
    bySeverity: [
      { severity: 'Critical', now: 12, before: 10 },
      { severity: 'High', now: 140, before: 145 },
      { severity: 'Low', now: 7, before: 7 },
    ],
    all: { now: 159, before: 162 },
    fixable: { now: 90, before: 92 },
    exploited: { now: 3, before: 2 },
  },
  advisories: {
    new: 120,
    changed: 43,
    withdrawn: 2,
    isComplete: true,
    found: [
      { id: 'CVE-2026-1', severity: 'Critical', exploited: 'yes', images: 12 },
      { id: 'CVE-2026-2', severity: 'High', exploited: 'unknown', images: 1 },
    ],
  },
  images: { new: 4, counted: 3, findings: 31, exploited: 1, isComplete: true },
  currentSources: 20,
  otherSources: [{ source: 'debian', state: 'stale', reason: 'the advisories of debian are of 2026-11-01' }],
  notAssessed: { uncountedSets: 3, failedScans: 2 },
};

test('writes a digest as plain text', () => {
  const { subject, text } = digestMail(digest, 'https://clair.example');
  assert.equal(
    subject,
    'Clair 2026-11-29: 3 exploited (+1), 12 Critical (+2), 140 High (-5), 1 sources not current',
  );
  assert.equal(
    text,
    `From 2026-11-28 07:00 to 2026-11-29 07:00 UTC

Open findings
Critical    12  +2
High       140  -5
Low          7   =
All        159  -3
Exploited    3  +1
Fixable     90  -2
Of 1204 images, last changed 2026-11-29 06:58 UTC.

Causes
Advisories: 120 new, 43 changed, 2 withdrawn.
New images: 4, with 31 findings, 1 of them exploited; 1 are not counted yet.
Advisories, other scans and removed images together: -34 findings.

New or changed advisories that images have
CVE-2026-1  Critical  exploited  12 images
CVE-2026-2      High               1 image

Sources of advisories
debian is stale: the advisories of debian are of 2026-11-01
20 sources are current.

Not assessed
3 package sets wait to be counted, so findings may be missing above.
2 scans of images have failed.

https://clair.example
`,
  );
});

test('states what is not known, instead of zeros', () => {
  const { subject, text } = digestMail(
    { ...digest, findings: null, images: null, currentSources: 0, otherSources: [] },
    undefined,
  );
  assert.equal(subject, 'Clair 2026-11-29: findings are not counted yet');
  assert.match(text, /No server has counted findings yet: nothing is known\./);
  assert.match(text, /New images: not known before the first digest\./);
  assert.match(text, /No source is loaded: findings are missing\./);
  assert.doesNotMatch(text, /together:/);
  const { findings } = digest;
  assert.ok(findings !== null);
  const bySeverity = findings.bySeverity.map((count) => ({ ...count, before: null }));
  const first = digestMail(
    { ...digest, findings: { ...findings, bySeverity, all: { now: 1, before: null } } },
    undefined,
  );
  assert.match(first.text, /There is no earlier count to compare with\./);
  assert.match(first.subject, /12 Critical, 140 High/);
});

test('makes no markup and no line of what a feed states, and counts what it leaves out', () => {
  const evil = '<script>alert(1)</script>\r\nBcc: all@acme.example"\u202e';
  const found = Array.from({ length: 50 }, (_, i) => ({
    ...({ id: `${evil}${i}`, severity: 'High', exploited: 'no', images: 1 } as const),
  }));
  const otherSources = Array.from(
    { length: 30 },
    () => ({ source: evil, state: 'failed', reason: evil }) as const,
  );
  const { text, html } = digestMail(
    { ...digest, otherSources, advisories: { ...digest.advisories, found, isComplete: false } },
    'https://clair.example/?a="<b>',
  );
  assert.doesNotMatch(html, /<(?!\/?(?:html|head|meta|body|h2|p|a|table|tr|th|td|!doctype)\b)/);
  assert.doesNotMatch(html + text, /^Bcc|\u202e/m);
  for (const part of [text, html]) {
    assert.match(part, /and 30 more, none of them more urgent/);
    assert.match(part, /and 10 more that are not current/);
    assert.match(part, /at least 120 new/);
  }
});
