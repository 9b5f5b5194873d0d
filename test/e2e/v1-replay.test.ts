import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { readExchanges, recordings } from '../../src/testing/recordings.ts';
import { type SharedEngine, sharedEngines } from '../../src/testing/store-engines.ts';
import {
  type Deviations,
  layerDeviations,
  notificationDeviations,
  vulnerabilityDeviations,
} from './replay/deviations.ts';
import { receiver } from './replay/receiver.ts';
import { Replay, startEndpoints } from './replay/replay.ts';

const skip =
  existsSync(recordings) || process.env['CI'] !== undefined ? false : 'no recordings beside this checkout';
const names: Readonly<Record<string, Deviations>> = {
  'v1-layers': layerDeviations,
  'v1-vulnerabilities': vulnerabilityDeviations,
};

for (const engine of sharedEngines) {
  for (const [name, deviations] of Object.entries(names)) {
    test(`${engine.name}: ${name} responds like Clair except for the listed deviations`, {
      skip,
    }, async (t) => {
      const replay = new Replay(t, await startEndpoints(t, await engine.createEmptyLocation(t)), deviations);
      for (const exchange of readExchanges(name)) await replay.repeat(exchange);
      replay.finish();
    });
  }

  test(`${engine.name}: delivers and pages notifications like Clair`, { skip }, async (t) => {
    const place = await engine.createEmptyLocation(t);
    const deliveries = await receiver(t);
    const places = await startEndpoints(t, place, {
      CLAIR_NOTIFIER_HTTP_ENDPOINT: `${deliveries.url}/notify`,
    });
    const replay = new Replay(t, places, notificationDeviations);
    for (const exchange of readExchanges('v1-notifications')) {
      if (exchange.n === 12)
        for (const [theirs, ours] of await namesOf(engine, place)) replay.conversation.learn(theirs, ours);
      if (exchange.n === 34) {
        // Clair delivered them only now. Until here the receiver could not accept them.
        deliveries.answer(200);
        await waitUntil(async () =>
          (await notificationsOf(engine, place)).every(({ notifiedAt }) => notifiedAt),
        );
        // The recorded endpoint failed three times before it accepted the last one.
        deliveries.answer(500, 404, 302, 201);
      }
      await replay.repeat(exchange);
    }
    replay.finish();
    await waitUntil(() => Promise.resolve(deliveries.posts.at(-1)?.status === 201));
    const recorded = readFileSync(`${recordings}/v1-webhook-posts.jsonl`, 'utf8').trim().split('\n');
    const taken = deliveries.posts.filter(({ status }) => status !== 503);
    const theirs = recorded.map(
      (line) => JSON.parse(line) as { headers: [string, string][]; answered: number },
    );
    assert.deepEqual(
      taken.map(({ headers, status }) => [headers, status]),
      theirs.map(({ headers, answered }) => [headers.slice(1), answered]),
    );
    for (const { body } of taken) assert.match(body, /^\{"Notification":\{"Name":"[\da-f-]{36}"\}\}$/);
    assert.equal(new Set(taken.slice(-4).map(({ body }) => body)).size, 1);
  });
}

/** Clair's names of the recorded notifications, with their vulnerability ids and whether they have an old and a new side. */
const recordedNames: Readonly<Record<string, string>> = {
  'CVE-N1 new': '93e2cb49-eefd-44b6-8c75-1557621dc895',
  'CVE-N1 old new': '8ec1115a-d74b-4191-96ac-93a49b137c75',
  'CVE-N2 new': 'b6ca4378-2994-4ac1-9337-0b617c36e6d0',
  'CVE-N1 old': 'd60739fb-bc11-4f7c-8cff-72e6d6ff1448',
};

async function namesOf(engine: SharedEngine, place: string): Promise<[string, string][]> {
  await waitUntil(async () => (await notificationsOf(engine, place)).length === 4);
  return (await notificationsOf(engine, place)).map(({ name, id, old, new: now }) => {
    const about = [id, ...(old === null ? [] : ['old']), ...(now === null ? [] : ['new'])].join(' ');
    return [recordedNames[about] ?? about, name];
  });
}

async function notificationsOf(engine: SharedEngine, place: string) {
  await using store = await engine.open(place, { now: () => Date.now() + 24 * 3_600_000 });
  return await store.notifications.findDue(100);
}

async function waitUntil(isSo: () => Promise<unknown>): Promise<void> {
  while (!(await isSo())) await setTimeout(20);
}

test('docs/reference/deviations.md explains every deviation', () => {
  const text = readFileSync(new URL('../../docs/reference/deviations.md', import.meta.url), 'utf8');
  const headings = new Set(Array.from(text.matchAll(/^### (.+)$/gm), ([, heading = '']) => heading));
  const all = [...Object.values(names), notificationDeviations];
  const rules = all.flatMap((deviations) => Object.values(deviations).map(({ rule }) => rule));
  assert.deepEqual(
    rules.filter((rule) => !headings.has(rule)),
    [],
  );
});
