import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Semaphore } from './semaphore.ts';
import { yieldToOthers } from './yield.ts';

test('lets callers go on in order, with turns of the event loop between them', async () => {
  const semaphore = new Semaphore(1);
  const passed: [caller: number, turn: number][] = [];
  const callers = [0, 1, 2].map((caller) =>
    semaphore.run(yieldToOthers).then(() => {
      passed.push([caller, turn]);
    }),
  );
  let turn = 0;
  for (; passed.length < callers.length; turn++) await setImmediate();
  assert.deepEqual(
    passed.map(([caller]) => caller),
    [0, 1, 2],
  );
  const gaps = passed.slice(1).map(([, at], i) => at - (passed[i]?.[1] ?? 0));
  for (const gap of gaps) assert.ok(gap >= 8, `${gap} turns between two callers`);
});
