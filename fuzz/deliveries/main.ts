/**
 * Kills a process that sends notifications, at random points and as often as is wished, and breaks the connections of its
 * receiver, and looks whether each notification came, and none again for nothing.
 * Run: node fuzz/deliveries/main.ts [--engine sqlite|postgresql] [points]
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { killDeliveries } from '../../src/testing/delivery-kills.ts';
import { sharedEngines } from '../../src/testing/store-engines.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' } },
});
const points = Number(positionals[0] ?? 200);
const engines = sharedEngines.filter(({ name }) => name.startsWith(values.engine ?? ''));
if (engines.length === 0 || !(points > 0))
  throw new Error('usage: main.ts [--engine sqlite|postgresql] [points]');

for (const engine of engines)
  void test(`${engine.name}: ${points} kills`, async (context) => {
    const count = await killDeliveries(engine, await engine.place(context), points);
    context.diagnostic(JSON.stringify(count));
    assert.equal(count.told, count.notifications);
    assert.ok(count.repeated <= count.breaks);
  });
