import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

const now = Date.parse('2026-01-02T00:00:00Z');
const hourMs = 3_600_000;

test('doubles the wait after each failure in a row up to the maximum', () => {
  const backoff = new Backoff();
  const remainingMs = (): number => backoff.retryAt(now) - now;
  const after = Array.from({ length: 13 }, () => {
    backoff.recordFailure(now);
    return remainingMs() / 1000;
  });
  assert.deepEqual(after, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  backoff.recordSuccess();
  assert.equal(remainingMs(), 0);
  backoff.recordFailure(now);
  assert.deepEqual(
    [now + 999, now + 1000, now + 5000].map((time) => backoff.retryAt(time)),
    [now + 1000, now + 1000, now + 5000],
  );
});

test('ends the wait when the clock is set back or a caller has slept through it', () => {
  const backoff = new Backoff();
  backoff.recordFailure(now);
  assert.equal(backoff.retryAt(now - hourMs), now - hourMs);
  backoff.markElapsed(now + 999);
  assert.equal(backoff.retryAt(now), now + 1000);
  backoff.markElapsed(now + 1000);
  assert.equal(backoff.retryAt(now), now);
  backoff.recordFailure(now);
  assert.equal(backoff.retryAt(now), now + 2000, 'the failure still counts');
});
