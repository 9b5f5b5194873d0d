import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMoment } from './moment.ts';

const now = new Date('2026-11-30T05:36:30.000Z');

test('reads a day as its end in UTC, and the current day as the current time', () => {
  assert.equal(parseMoment('2026-11-29', now)?.toISOString(), '2026-11-29T23:59:59.999Z');
  assert.equal(parseMoment('2024-02-29', now)?.toISOString(), '2024-02-29T23:59:59.999Z');
  assert.equal(parseMoment('2026-11-30', now), now);
});

test('reads ISO 8601 times with a zone', () => {
  for (const [text, time] of [
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.25+02:00', '2026-01-31T10:00:00.250Z'],
    ['2026-01-31T23:30:00-01:30', '2026-02-01T01:00:00.000Z'],
  ] as const)
    assert.equal(parseMoment(text, now)?.toISOString(), time, text);
});

test('reads no other form, and no day or time that does not exist', () => {
  for (const text of [
    ...['', 'yesterday', 'Nov 30 2026 05:36:30', '2026', '2026-11', '26-01-01', '1764480990000'],
    ...['2026-11-29T12:00:00', '2026-11-29 12:00:00Z', '2026-11-29T12Z', '2026-11-29Z', ' 2026-11-29'],
    ...['2026-02-30', '2026-13-01', '2026-06-31T12:00:00Z', '2026-06-30T25:00:00Z', '2026-06-30T12:61:00Z'],
  ])
    assert.equal(parseMoment(text, now), undefined, text);
});
