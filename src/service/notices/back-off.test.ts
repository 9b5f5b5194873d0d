import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackOff } from './back-off.ts';

const now = Date.parse('2026-01-02T00:00:00Z');
const hourMs = 3_600_000;

test('what fails rests for longer after each failure in a row', () => {
  const backOff = new BackOff();
  const rests = (): number => backOff.endOfRest(now) - now;
  const after = Array.from({ length: 13 }, () => {
    backOff.noteFailure(now);
    return rests() / 1000;
  });
  assert.deepEqual(after, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  backOff.noteSuccess();
  assert.equal(rests(), 0);
  backOff.noteFailure(now);
  assert.deepEqual(
    [now + 999, now + 1000, now + 5000].map((time) => backOff.endOfRest(time)),
    [now + 1000, now + 1000, now + 5000],
  );
});

test('a rest ends when the clock is set back, or when somebody has waited for it, whatever the clock says', () => {
  const backOff = new BackOff();
  backOff.noteFailure(now);
  assert.equal(backOff.endOfRest(now - hourMs), now - hourMs);
  backOff.noteRested(now + 999);
  assert.equal(backOff.endOfRest(now), now + 1000);
  backOff.noteRested(now + 1000);
  assert.equal(backOff.endOfRest(now), now);
  backOff.noteFailure(now);
  assert.equal(backOff.endOfRest(now), now + 2000, 'it has still failed');
});
