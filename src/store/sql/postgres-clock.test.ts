import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { temporarySchema } from '../../testing/store-engines.ts';
import { exitOf, runProgram } from '../../testing/store-process.ts';
import { openPostgresStore } from './postgres-store.ts';

const hourMs = 3_600_000;

/** Sets the clock of the process an hour ahead, then opens the store. */
const hourAhead = `
  const { now } = Date;
  Date.now = () => now() + ${hourMs};
  const store = await open();`;

test('takes all times from the database when the clock of this machine is an hour ahead', async (t) => {
  const place = await temporarySchema(t);
  await using store = await openPostgresStore(place);
  assert.ok(await store.locks.acquire('update debian/tracker', 'one', 60_000));
  await store.advisories.apply(feedUpdate(), stream([record('A')]));
  const child = runProgram(
    'postgresql',
    place,
    `${hourAhead}
    say('ahead ' + Math.round(store.clockAheadMs / 1000));
    say('lock ' + (await store.locks.acquire('update debian/tracker', 'two', 60_000)));
    const records = [content.record('A', { severity: 'High' }), content.record('B')];
    await store.advisories.apply(content.feedUpdate(), content.stream(records));
    await store.notifications.createFromEvents(9);
    for (const { name } of await store.notifications.findDue(9)) await store.notifications.markNotified(name, 60_000);
    await store[Symbol.asyncDispose]();`,
  );
  let output = '';
  child.stdout?.on('data', (text: Buffer) => {
    output += text.toString();
  });
  assert.equal(await exitOf(child), 0);
  assert.match(output, /^ahead 3(599|600|601)\nlock undefined\n$/);
  const now = Date.now();
  const records = await store.vulnerabilities.findByKeys(feedUpdate(), ['A', 'B']);
  for (const { validFrom } of records) assert.ok(Date.parse(validFrom) <= now, `valid from ${validFrom}`);
  const due = Date.parse((await store.notifications.findNextDue()) ?? '');
  assert.ok(due > now && due <= now + 61_000, `due ${(due - now) / 1000} s from now`);
  const [event] = await store.events.findAfter(0, 1);
  assert.ok(Date.parse(event?.at ?? '') <= now, `an event of ${event?.at}`);
});

test('keeps the time when the clock of this machine is set', async (t) => {
  await using store = await openPostgresStore(await temporarySchema(t));
  const before = store.now().getTime();
  const { now } = Date;
  t.after(() => {
    Date.now = now;
  });
  Date.now = () => now() - hourMs;
  const passed = store.now().getTime() - before;
  assert.ok(passed >= 0 && passed < 60_000, `${passed} ms passed`);
});
