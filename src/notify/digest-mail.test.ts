import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DailyDigest } from '../model/daily-digest.ts';
import type { DayChanges } from '../model/finding-changes.ts';
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
  changes: [
    {
      day: '2026-11-29',
      since: '2026-11-28',
      countedAt: '2026-11-29T06:58:00.000Z',
      now: 159,
      before: 163,
      opened: 33,
      closed: 36,
      unexplained: -1,
      causes: [
        { cause: 'image-added', severity: null, subjects: 3, opened: 31, closed: 0, rerated: 0 },
        { cause: 'advisory', severity: 'High', subjects: 1, opened: 0, closed: 36, rerated: 0 },
        { cause: 'advisory', severity: 'Critical', subjects: 2, opened: 2, closed: 0, rerated: 0 },
      ],
    },
    {
      ...{
        day: '2026-11-28',
        since: '2026-11-27',
        countedAt: '2026-11-28T23:58:00.000Z',
        now: 163,
        before: 160,
      },
      ...{ opened: null, closed: null, unexplained: 3, causes: null },
    },
  ],
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
Of 1204 images, last changed 2026-11-29 06:58 UTC. Changes are those since the last mail.

New on 2026-11-29, since 2026-11-28
-4 findings: 163 before, 159 now.
33 new findings, 36 closed.
Cause                     Images or vulnerabilities  New  Closed  Other severity
New images with findings                          3  +31       0               0
Changed advisories                                3   +2     -36               0
Not explained                                          0      -1               0
Changed advisories, new: 2 Critical.
New images with findings: https://clair.example/news/image-added?day=2026-11-29
Changed advisories: https://clair.example/news/advisory?day=2026-11-29

New on 2026-11-28, since 2026-11-27
+3 findings: 160 before, 163 now.
The causes of this day were not recorded.

Since the last mail
Advisories: 120 new, 43 changed, 2 withdrawn.
Images read first: 4, with 31 findings, 1 of them exploited; 1 are not counted yet.

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
  assert.match(text, /Images read first: not known before the first digest\./);
  assert.match(text, /No source is loaded: findings are missing\./);
  const [day] = digest.changes;
  assert.ok(day !== undefined);
  const causesOf = (change: Partial<DayChanges>): string =>
    digestMail({ ...digest, changes: [{ ...day, ...change }] }, undefined).text;
  assert.match(causesOf({ since: null, before: null }), /No earlier day was counted to compare with\./);
  assert.match(causesOf({ causes: null }), /The causes of this day were not recorded\./);
  assert.match(causesOf({}), /Earlier days have changes as well\./);
  assert.doesNotMatch(causesOf({ since: '2026-11-27' }), /not recorded|Earlier days|https:/);
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
  assert.match(html, /<a href="[^<>"]*\/news\/advisory\?day=2026-11-29">Changed advisories<\/a>/);
  assert.doesNotMatch(html, /<(?!\/?(?:html|head|meta|body|h2|p|a|table|tr|th|td|!doctype)\b)/);
  assert.doesNotMatch(html + text, /^Bcc|\u202e/m);
  for (const part of [text, html]) {
    assert.match(part, /and 30 more, none of them more urgent/);
    assert.match(part, /and 10 more that are not current/);
    assert.match(part, /at least 120 new/);
  }
});
