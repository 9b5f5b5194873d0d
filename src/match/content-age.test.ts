import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeAge, isTooOld } from './content-age.ts';

test('content is too old when it is older than the longest pause of its source', () => {
  const at = new Date('2026-06-01T00:00:00Z');
  const limits: readonly (readonly [string, string, boolean])[] = [
    ['debian', '2026-05-25T00:00:00Z', false],
    ['debian', '2026-05-24T23:59:59Z', true],
    ['kev', '2026-05-02T00:00:00Z', false],
    ['kev', '2026-05-01T00:00:00Z', true],
    ['alpine', '2026-03-03T00:00:00Z', false],
    ['alpine', '2026-03-02T00:00:00Z', true],
    ['a plugin', '2026-03-02T00:00:00Z', true],
  ];
  for (const [source, date, expected] of limits)
    assert.equal(isTooOld({ source, date }, at), expected, `${source} ${date}`);
});

test('content of the future is not old', () => {
  assert.equal(
    isTooOld({ source: 'debian', date: '2027-01-01T00:00:00Z' }, new Date('2026-06-01T00:00:00Z')),
    false,
  );
});

test('describes the age with the date and the limit', () => {
  const content = { source: 'epss', date: '2026-05-01T00:00:00Z', evidence: 'feed' } as const;
  assert.equal(describeAge(content), 'the feed was written on 2026-05-01, more than 7 days ago');
});
