import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Transport } from '../plugin/transport.ts';
import { type DeliveryRoom, deliverNotifications } from '../service/notices/deliver-notifications.ts';
import type { Store } from '../store/store.ts';
import { feedUpdate, record, stream } from './store-content.ts';
import { storeEngines } from './store-engines.ts';

/** When the clock of these tests begins. */
export const start = Date.parse('2026-01-02T00:00:00Z');

const secondMs = 1000;

/** A try to tell somebody. Times are in seconds. */
export interface Try {
  readonly at: number;
  readonly to: string;
  readonly id: string;
  readonly isTaken: boolean;
  readonly toldAt: string | undefined;
}

/** What a receiver answers; times are in seconds. */
export type Answer = (at: number, id: string) => boolean | Promise<boolean>;

/** What is otherwise than usual. */
interface Changes extends Partial<DeliveryRoom> {
  /** They wake the sender as a bell does, unless it rests. */
  readonly news?: readonly (readonly [at: number, ids: readonly string[]])[];
  readonly stop?: AbortController;
}

/** A store with news, and senders that tell receivers that answer as they are said to; only waiting moves the clock. */
export async function roomWith(t: TestContext, ids: readonly string[]) {
  const [engine = assert.fail()] = storeEngines;
  const clock = { now: start };
  const store = await engine.create(t)({ now: () => clock.now });
  await publish(store, []);
  await publish(store, ids);
  const failures: string[] = [];
  const delivered: number[] = [];
  /** Lets a sender tell until then. */
  const tell = async (
    until: number,
    receivers: Readonly<Record<string, Answer>>,
    { news = [], stop = new AbortController(), ...changes }: Changes = {},
  ): Promise<Try[]> => {
    const tries: Try[] = [];
    const known = [...ids];
    const left = news.map(([at, more]) => ({ at: start + at * secondMs, more }));
    const wait = async (end: number): Promise<void> => {
      clock.now = end;
      const [next] = left;
      if (next !== undefined && clock.now >= next.at) {
        left.shift();
        known.push(...next.more);
        await publish(store, known);
      }
      if (clock.now > start + until * secondMs) stop.abort();
    };
    await deliverNotifications(
      {
        ...{ store, extensions: { schemes: [], sources: [] }, digestMs: 0, attempts: 3, owner: 'one' },
        transports: transportsOf(receivers, { store, clock, tries }),
        filter: { severity: undefined, isFixable: false, namespaces: [] },
        ...{ renotifyMs: 1e9, now: () => new Date(clock.now) },
        pause: async (ms) => {
          assert.deepEqual(await store.notifications.due(1), [], 'nothing is due while the sender waits');
          await wait(Math.min(clock.now + ms, left[0]?.at ?? Number.POSITIVE_INFINITY));
        },
        rest: (ms) => wait(clock.now + ms),
        onDelivered: (_, ms) => delivered.push(ms / secondMs),
        onFailure: (name, error) => failures.push(`${name}: ${String(error)}`),
        ...changes,
      },
      stop.signal,
    );
    return tries;
  };
  return { store, clock, tell, failures, delivered };
}

interface Stage {
  readonly store: Store;
  readonly clock: { readonly now: number };
  readonly tries: Try[];
}

/** Transports that note in `tries` what they are told. */
export function transportsOf(
  receivers: Readonly<Record<string, Answer>>,
  { store, clock, tries }: Stage,
): Transport[] {
  return Object.entries(receivers).map(([to, answer]) => ({
    name: to,
    async deliver({ name, toldAt }) {
      const id = (await store.notifications.find(name))?.id ?? '';
      const at = (clock.now - start) / secondMs;
      const isTaken = await answer(at, id);
      tries.push({ at, to, id, isTaken, toldAt });
      if (!isTaken) throw new Error('no');
    },
  }));
}

/** Has the feed speak of these. */
export async function publish(store: Store, ids: readonly string[]): Promise<void> {
  const records = ids.map((id) => record(id));
  await store.advisories.apply(
    feedUpdate({ acceptShrunk: true, fingerprint: `${ids.length}` }),
    stream(records),
  );
}

/** So many ids. */
export function numbered(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${first + i}`);
}
