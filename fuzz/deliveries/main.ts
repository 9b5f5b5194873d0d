/**
 * Kills a process that sends notifications at random points, and breaks the connections of its receiver. Checks that each notification was
 * delivered, or each change of each image with batching, and none was repeated needlessly. Run: node fuzz/deliveries/main.ts [--engine
 * sqlite|postgresql] [--mode name|digest] [points]
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { killDeliveries } from '../../src/testing/delivery-kills.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' }, mode: { type: 'string' } },
});
const points = Number(positionals[0] ?? 200);
const engines = sharedEngines.filter(({ name }) => name.startsWith(values.engine ?? ''));
const modes = (['name', 'digest'] as const).filter((mode) => mode.startsWith(values.mode ?? ''));
if (engines.length === 0 || modes.length === 0 || !(points > 0))
  throw new Error('usage: main.ts [--engine sqlite|postgresql] [--mode name|digest] [points]');

for (const engine of engines)
  for (const mode of modes)
    void test(`${engine.name}, ${mode}: ${points} kills`, async (context) => {
      const count = await killDeliveries(engine, await engine.createLocation(context), {
        kills: points,
        mode,
      });
      context.diagnostic(JSON.stringify(count));
      assert.equal(count.delivered, count.expected);
      assert.ok(count.repeated <= count.interruptions);
    });
