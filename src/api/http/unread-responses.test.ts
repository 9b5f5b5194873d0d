import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnreadResponses } from './unread-responses.ts';

/** Returns a response with this number of unread bytes, and whether it was dropped. */
function unreadResponse(bytes: number, dropped: number[] = []) {
  return { bytes: () => bytes, drop: () => dropped.push(bytes) };
}

test('drops the oldest responses, and no more than necessary, when too many bytes are unread', () => {
  const unread = new UnreadResponses({ bytesMax: 100 });
  const dropped: number[] = [];
  for (const bytes of [40, 30, 30, 31]) unread.add(unreadResponse(bytes, dropped));
  assert.deepEqual(dropped, [40]);
  unread.add(unreadResponse(80, dropped));
  assert.deepEqual(dropped, [40, 30, 30, 31]);
});

test('does not count a response when it was read or its client disconnected', () => {
  const unread = new UnreadResponses({ bytesMax: 100 });
  const dropped: number[] = [];
  const left = unreadResponse(90, dropped);
  unread.add(left);
  unread.delete(left);
  unread.add(unreadResponse(0, dropped));
  unread.add(unreadResponse(100, dropped));
  assert.deepEqual(dropped, []);
});

test('drops a response when it is not read in time', async () => {
  const unread = new UnreadResponses({ responseMs: 20, checkIntervalMs: 5 });
  const { promise, resolve } = Promise.withResolvers<string>();
  // The timer of the responses does not keep the process alive.
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
