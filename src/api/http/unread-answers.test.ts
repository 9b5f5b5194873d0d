import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnreadAnswers } from './unread-answers.ts';

/** An answer of which so many bytes wait, and whether it was dropped. */
function waiting(bytes: number, dropped: number[] = []) {
  return { bytes: () => bytes, drop: () => dropped.push(bytes) };
}

test('drops the oldest answers, and no more of them than it must, when too many bytes wait', () => {
  const unread = new UnreadAnswers({ bytesMax: 100 });
  const dropped: number[] = [];
  for (const bytes of [40, 30, 30, 31]) unread.add(waiting(bytes, dropped));
  assert.deepEqual(dropped, [40]);
  unread.add(waiting(80, dropped));
  assert.deepEqual(dropped, [40, 30, 30, 31]);
});

test('does not count an answer that was taken or whose client has left', () => {
  const unread = new UnreadAnswers({ bytesMax: 100 });
  const dropped: number[] = [];
  const left = waiting(90, dropped);
  unread.add(left);
  unread.delete(left);
  unread.add(waiting(0, dropped));
  unread.add(waiting(100, dropped));
  assert.deepEqual(dropped, []);
});

test('drops an answer that is not taken in time', async () => {
  const unread = new UnreadAnswers({ answerMs: 20, everyMs: 5 });
  const { promise, resolve } = Promise.withResolvers<string>();
  // The timer of the answers keeps no process alive.
  const alive = setInterval(() => undefined, 1000);
  const begun = performance.now();
  unread.add({
    bytes: () => 1,
    drop: () => {
      resolve('dropped');
    },
  });
  assert.equal(await promise, 'dropped');
  assert.ok(performance.now() - begun >= 20);
  clearInterval(alive);
});
