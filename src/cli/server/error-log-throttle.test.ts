import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { ErrorLogThrottle } from './error-log-throttle.ts';

test('logs equal failures of the database once a minute, with the number of suppressed ones', () => {
  let now = 0;
  const logged: [string, number][] = [];
  const errors = new ErrorLogThrottle(
    (error, repeated) => logged.push([(error as Error).message, repeated]),
    () => now,
  );
  const away = new ClairError('store-unavailable', 'no server answers');
  for (let i = 0; i < 1000; i++) errors.record(away);
  errors.record(new ClairError('store-unusable', 'the disk is full'));
  now = 59_999;
  errors.record(away);
  now = 60_000;
  for (let i = 0; i < 2; i++) errors.record(away);
  assert.deepEqual(logged, [
    ['no server answers', 0],
    ['the disk is full', 0],
    ['no server answers', 1000],
  ]);
});

test('logs other errors each time', () => {
  let count = 0;
  const errors = new ErrorLogThrottle(
    () => count++,
    () => 0,
  );
  for (let i = 0; i < 3; i++) errors.record(new TypeError('a mistake'));
  assert.equal(count, 3);
});
