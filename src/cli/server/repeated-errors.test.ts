import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../kit/errors.ts';
import { RepeatedErrors } from './repeated-errors.ts';

test('equal failures of the database are logged once a minute, with the number of those in between', () => {
  let now = 0;
  const logged: [string, number][] = [];
  const errors = new RepeatedErrors(
    (error, repeated) => logged.push([(error as Error).message, repeated]),
    () => now,
  );
  const away = new ClairError('store-unavailable', 'no server answers');
  for (let i = 0; i < 1000; i++) errors.note(away);
  errors.note(new ClairError('store-unusable', 'the disk is full'));
  now = 59_999;
  errors.note(away);
  now = 60_000;
  for (let i = 0; i < 2; i++) errors.note(away);
  assert.deepEqual(logged, [
    ['no server answers', 0],
    ['the disk is full', 0],
    ['no server answers', 1000],
  ]);
});

test('errors that are no failures of the database are logged each time', () => {
  let count = 0;
  const errors = new RepeatedErrors(
    () => count++,
    () => 0,
  );
  for (let i = 0; i < 3; i++) errors.note(new TypeError('a mistake'));
  assert.equal(count, 3);
});
