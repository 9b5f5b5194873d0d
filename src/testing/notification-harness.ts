import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Transport } from '../plugin/transport.ts';
import { type DeliveryDeps, deliverNotifications } from '../service/notifications/deliver-notifications.ts';
import type { Store } from '../store/store.ts';
import { feedUpdate, record, stream } from './store-content.ts';
import { storeEngines } from './store-engines.ts';

/** Start of the clock of these tests. */
export const start = Date.parse('2026-01-02T00:00:00Z');

const secondMs = 1000;

/** An attempt to deliver to a receiver. Times are in seconds. */
export interface DeliveryAttempt {
  readonly at: number;
  readonly to: string;
  readonly id: string;
  readonly isAccepted: boolean;
  readonly previouslyDeliveredAt: string | undefined;
}

/** Decides whether a receiver accepts a message. `at` is in seconds since `start`. */
export type ReceiverBehavior = (at: number, id: string) => boolean | Promise<boolean>;

/** Differences from the default. */
interface HarnessOptions extends Partial<DeliveryDeps> {
  /** Events that are published later and wake the sender, unless it sleeps. */
  readonly laterEvents?: readonly (readonly [at: number, ids: readonly string[]])[];
  readonly stop?: AbortController;
}

/** Returns a store with undelivered events, and runs senders against scripted receivers. Only waiting moves the clock. */
export async function notificationHarness(t: TestContext, ids: readonly string[]) {
  const [engine = assert.fail()] = storeEngines;
  const clock = { now: start };
  const store = await engine.create(t)({ now: () => clock.now });
  await publishVulnerabilities(store, []);
  await publishVulnerabilities(store, ids);
  const failures: string[] = [];
  const delivered: number[] = [];
  /** Runs a sender until `until`, in seconds, and returns its attempts. */
  const deliver = async (
    until: number,
    receivers: Readonly<Record<string, ReceiverBehavior>>,
    { laterEvents = [], stop = new AbortController(), ...changes }: HarnessOptions = {},
  ): Promise<DeliveryAttempt[]> => {
    const attempts: DeliveryAttempt[] = [];
    const published = [...ids];
    const left = laterEvents.map(([at, more]) => ({ at: start + at * secondMs, more }));
    const wait = async (end: number): Promise<void> => {
      clock.now = end;
      const [next] = left;
      if (next !== undefined && clock.now >= next.at) {
        left.shift();
        published.push(...next.more);
        await publishVulnerabilities(store, published);
      }
      if (clock.now > start + until * secondMs) stop.abort();
    };
    await deliverNotifications(
      {
        store,
        extensions: { schemes: [], sources: [] },
        batchWindowMs: 0,
        attempts: 3,
        owner: 'one',
        transports: recordingTransports(receivers, { store, clock, attempts }),
        filter: { severity: undefined, isFixable: false, namespaces: [] },
        renotifyMs: 1e9,
        now: () => new Date(clock.now),
        sleepOrWake: async (ms) => {
          assert.deepEqual(await store.notifications.findDue(1), [], 'nothing is due while the sender waits');
          await wait(Math.min(clock.now + ms, left[0]?.at ?? Number.POSITIVE_INFINITY));
        },
        sleep: (ms) => wait(clock.now + ms),
        onDelivered: (_, ms) => delivered.push(ms / secondMs),
        onFailure: (name, error) => failures.push(`${name}: ${String(error)}`),
        ...changes,
      },
      stop.signal,
    );
    return attempts;
  };
  return { store, clock, deliver, failures, delivered };
}

interface HarnessState {
  readonly store: Store;
  readonly clock: { readonly now: number };
  readonly attempts: DeliveryAttempt[];
}

/** Returns transports that record their deliveries in `attempts`. */
export function recordingTransports(
  receivers: Readonly<Record<string, ReceiverBehavior>>,
  { store, clock, attempts }: HarnessState,
): Transport[] {
  return Object.entries(receivers).map(([to, behavior]) => ({
    name: to,
    async deliver({ name, previouslyDeliveredAt }) {
      const id = (await store.notifications.find(name))?.id ?? '';
      const at = (clock.now - start) / secondMs;
      const isAccepted = await behavior(at, id);
      attempts.push({ at, to, id, isAccepted, previouslyDeliveredAt });
      if (!isAccepted) throw new Error('no');
    },
  }));
}

/** Makes the feed cover exactly these vulnerabilities. */
export async function publishVulnerabilities(store: Store, ids: readonly string[]): Promise<void> {
  const records = ids.map((id) => record(id));
  await store.advisories.apply(
    feedUpdate({ acceptShrunk: true, fingerprint: `${ids.length}` }),
    stream(records),
  );
}

/** Returns `count` ids, beginning with `first`. */
export function numberedIds(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${first + i}`);
}
