import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnreadResponses } from './unread-responses.ts';

/** An answer of which so many bytes wait, and whether it was dropped. */
function unreadResponse(bytes: number, dropped: number[] = []) {
  return { bytes: () => bytes, drop: () => dropped.push(bytes) };
}

test('drops the oldest answers, and no more of them than it must, when too many bytes wait', () => {
  const unread = new UnreadResponses({ bytesMax: 100 });
  const dropped: number[] = [];
  for (const bytes of [40, 30, 30, 31]) unread.add(unreadResponse(bytes, dropped));
  assert.deepEqual(dropped, [40]);
  unread.add(unreadResponse(80, dropped));
  assert.deepEqual(dropped, [40, 30, 30, 31]);
});

test('does not count an answer that was taken or whose client has left', () => {
  const unread = new UnreadResponses({ bytesMax: 100 });
  const dropped: number[] = [];
  const left = unreadResponse(90, dropped);
  unread.add(left);
  unread.delete(left);
  unread.add(unreadResponse(0, dropped));
  unread.add(unreadResponse(100, dropped));
  assert.deepEqual(dropped, []);
});

test('drops an answer that is not taken in time', async () => {
  const unread = new UnreadResponses({ responseMs: 20, checkIntervalMs: 5 });
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
