import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonicMs, retry } from './retry.ts';

/** Work that fails this often, and the pauses between its attempts. */
function failing(times: number) {
  const pauses: number[] = [];
  let attempts = 0;
  const work = (): string => {
    if (++attempts <= times) throw new Error(`failure ${attempts}`);
    return `attempt ${attempts}`;
  };
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms);
  };
  return { work, sleep, pauses };
}

const always = { isRetryable: () => true, delays: (attempt: number) => attempt * 10 };

test('returns the result of the first attempt that succeeds', async () => {
  const { work, sleep, pauses } = failing(2);
  assert.equal(await retry(work, { ...always, sleep }), 'attempt 3');
  assert.deepEqual(pauses, [10, 20]);
});

test('throws the last error when there are no further attempts', async () => {
  const { work, sleep, pauses } = failing(9);
  const delays = (attempt: number): number | undefined => (attempt < 3 ? 1 : undefined);
  await assert.rejects(retry(work, { ...always, delays, sleep }), { message: 'failure 3' });
  assert.deepEqual(pauses, [1, 1]);
});

test('throws an error at once when another attempt would fail as well', async () => {
  const { work, sleep, pauses } = failing(9);
  const isRetryable = (error: unknown): boolean => (error as Error).message !== 'failure 2';
  await assert.rejects(retry(work, { ...always, isRetryable, sleep }), { message: 'failure 2' });
  assert.deepEqual(pauses, [10]);
});

test('makes no attempt after a failure when the deadline has passed', async () => {
  const { work, sleep, pauses } = failing(9);
  const deadline = monotonicMs() - 1;
  await assert.rejects(retry(work, { ...always, deadline, sleep }), { message: 'failure 1' });
  assert.deepEqual(pauses, []);
});

test('fails with the reason of the signal when it aborts during an attempt', async () => {
  const stop = new AbortController();
  const work = (): never => {
    stop.abort(new Error('enough'));
    throw new Error('failure');
  };
  await assert.rejects(retry(work, { ...always, signal: stop.signal }), { message: 'enough' });
});

test('ends a pause when the signal aborts', async () => {
  const stop = new AbortController();
  const delays = (): number => {
    setImmediate(() => {
      stop.abort();
    });
    return 3_600_000;
  };
  const { work } = failing(1);
  await assert.rejects(retry(work, { ...always, delays, signal: stop.signal }), { name: 'AbortError' });
});
