import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadline } from './deadline.ts';

test('reports the last step when the deadline passed before the command waits for it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  using deadline = new Deadline();
  deadline.start({ ms: 1000, text: '1s' }, () => 'loading the command');
  t.mock.timers.tick(1000);
  await new Promise(setImmediate);
  await assert.rejects(Promise.race([new Promise(() => undefined), deadline.expired]), {
    code: 'timed-out',
    message: /not finished within 1s, .*: loading the command$/,
  });
});
