import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attentiveSleep, WakeSignal } from './wake-signal.ts';

const longMs = 60_000;

test('an attentive sleep ends at once for an event since the last one', { timeout: 5000 }, async () => {
  const wakeSignal = new WakeSignal();
  const [end, other] = [new AbortController(), new AbortController()];
  const sleep = attentiveSleep(wakeSignal, end.signal);
  wakeSignal.notify();
  wakeSignal.notify();
  await sleep(longMs, other.signal);
  let isAwake = false;
  const second = sleep(longMs, other.signal).then(() => {
    isAwake = true;
  });
  await new Promise(setImmediate);
  assert.equal(isAwake, false);
  wakeSignal.notify();
  await second;
  await sleep(1, other.signal);
  end.abort();
  wakeSignal.notify();
  const third = sleep(longMs, other.signal);
  other.abort();
  await third;
});
