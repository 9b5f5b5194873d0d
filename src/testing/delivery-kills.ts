import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Store } from '../store/store.ts';
import { feedUpdate, image, installed, record, stream } from './store-content.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf, runProgram } from './store-process.ts';

/** Result of deliveries whose senders and receiver were killed repeatedly. */
export interface DeliveryCount {
  /** Number of expected deliveries: notifications, or in batches each notification of each image. */
  readonly expected: number;
  /** Number of them that arrived at least once. */
  readonly delivered: number;
  /** Number of messages whose name had arrived before. */
  readonly repeated: number;
  /** Upper bound of the kills between the sending of a message and its record. */
  readonly interruptions: number;
}

/** Form of delivery: each notification by itself, or one batch per image. */
export type DeliveryMode = 'name' | 'digest';

/** Short, so that batches are closed while others are created. */
const batchWindowMs = 20;

/** Returns a program that delivers what is due. Its clock is ahead, so that locks of killed senders have expired. */
function senderProgram(mode: DeliveryMode, url: string, aheadMs: number): string {
  const moduleUrl = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    const { deliverNotifications } = await import(${moduleUrl('../service/notifications/deliver-notifications.ts')});
    const { webhook } = await import(${moduleUrl('../notify/webhook.ts')});
    const now = () => Date.now() + ${aheadMs};
    const store = await sharedEngines.find(({ name }) => name === engineName).open(place, { now });
    const values = { endpoint: '${url}', cafile: '', proxy: '', mode: 'name', secret: '' };
    const transport = webhook.open(values, { env: {}, isBatched: false, manifestNotifications: () => [] });
    const sleep = () => new Promise((resolve) => setTimeout(resolve, 5));
    say('ready');
    await deliverNotifications({
      store, extensions: { schemes: [], sources: [] }, transports: [transport],
      filter: { severity: undefined, isFixable: false, namespaces: [] },
      batchWindowMs: ${mode === 'digest' ? batchWindowMs : 0}, attempts: 1000, renotifyMs: 1e10,
      now: () => new Date(now()), owner: String(process.pid), sleepOrWake: sleep, sleep,
      onDelivered: () => {}, onFailure: () => {},
    }, new AbortController().signal);`;
}

/** Longer than the duration of a lock. */
const aheadMs = 120_000;

/** Number of images, all of which every notification concerns. */
const images = 3;

const eventsPerKill = 3;

/** Kills a sender repeatedly at random points of its work, and sometimes the receiver; then lets the last sender finish. */
export async function killDeliveries(
  engine: SharedEngine,
  place: string,
  { kills, mode }: { readonly kills: number; readonly mode: DeliveryMode },
): Promise<DeliveryCount> {
  const count = eventsPerKill * kills;
  const expected = mode === 'digest' ? count * images : count;
  {
    await using store = await engine.open(place);
    await store.advisories.apply(feedUpdate(), stream([]));
    for (let i = 0; i < images; i++) await store.images.save(image([installed('openssl')], `image ${i}`));
    // If all came at once, there would be one batch per image, and a kill would rarely hit a delivery.
    if (mode === 'name') await publish(store, count);
  }
  const receiver = await Receiver.open();
  try {
    for (let i = 0; i <= kills; i++) {
      const published = mode === 'name' ? count : Math.min(eventsPerKill * (i + 1), count);
      if (mode === 'digest') {
        await using store = await engine.open(place);
        await publish(store, published);
      }
      const child = runProgram(engine.name, place, senderProgram(mode, receiver.url, i * aheadMs));
      assert.ok(child.stdout !== null);
      await once(child.stdout, 'data');
      const isDone = (): boolean => receiver.delivered.size === (expected / count) * published;
      if (i < kills) {
        await receiver.waitForPosts(Math.floor(4 * Math.random()), isDone);
        await new Promise((resolve) => setTimeout(resolve, 20 * Math.random()));
      } else await untilAllRecorded(engine, place, { count, mode, isDelivered: isDone });
      child.kill('SIGKILL');
      await exitOf(child);
    }
  } finally {
    receiver.close();
  }
  await using store = await engine.open(place, { now: () => Date.now() + (kills + 1) * aheadMs });
  await assertNothingLeft(store, count);
  const repeated = receiver.posts - receiver.names.size;
  return {
    expected,
    delivered: await countDelivered(receiver, store, mode),
    repeated,
    interruptions: kills + receiver.crashes,
  };
}

/** Makes the feed cover the first `count` vulnerabilities. */
async function publish({ advisories }: Store, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => record(`CVE-${i}`));
  await advisories.apply(feedUpdate({ fingerprint: String(count) }), stream(records));
}

async function assertNothingLeft(store: Store, count: number): Promise<void> {
  assert.equal(await store.notifications.createFromEvents(count), 0);
  assert.deepEqual(await store.notifications.findDue(count), [], 'all are marked as delivered');
  assert.deepEqual(await store.batches.findDue(count), [], 'all are marked as delivered');
  const { rows } = await store.statistics();
  assert.equal(rows['event'], count);
}

async function countDelivered(
  { names, delivered }: Receiver,
  store: Store,
  mode: DeliveryMode,
): Promise<number> {
  if (mode === 'digest') return delivered.size;
  const all = await Promise.all([...names].map((name) => store.notifications.find(name)));
  assert.ok(all.every((one) => one?.notifiedAt != null));
  return new Set(all.map((one) => one?.event)).size;
}

/** Waits until all deliveries are recorded, without a limit for the last sender. */
async function untilAllRecorded(
  engine: SharedEngine,
  place: string,
  {
    count,
    mode,
    isDelivered,
  }: { readonly count: number; readonly mode: DeliveryMode; readonly isDelivered: () => boolean },
): Promise<void> {
  await using store = await engine.open(place, { now: () => Number.MAX_SAFE_INTEGER });
  const isRecorded = async (): Promise<boolean> => {
    const [changes, batches] = [
      await store.notifications.findDue(count),
      await store.batches.findDue(count * images),
    ];
    const isWhole = changes.length === (mode === 'digest' ? 0 : count);
    const isMade = mode === 'name' || batches.length >= images;
    return isWhole && isMade && [...changes, ...batches].every(({ notifiedAt }) => notifiedAt !== null);
  };
  // Before everything has arrived, a store with all records may still lack messages that were not created yet.
  while (!isDelivered() || !(await isRecorded())) await new Promise((resolve) => setTimeout(resolve, 50));
}

interface Message {
  readonly Notification: { readonly Name: string };
  readonly image?: { readonly identity: string };
  readonly changes?: readonly { readonly new: { readonly id: string } }[];
}

/** Records its requests. Sometimes dies before the record or before the response, and is restarted at once. */
class Receiver {
  readonly names = new Set<string>();
  /** The delivered items: a message by its name, or each change of a batch. */
  readonly delivered = new Set<string>();
  posts = 0;
  crashes = 0;
  readonly #server: Server;
  readonly #bodies = new Map<string, string>();
  #nextPost = Promise.withResolvers<undefined>();

  private constructor() {
    this.#server = createServer((request, response) => {
      void request.toArray().then(
        (pieces) => {
          if (Math.random() < 0.1) {
            this.#crash();
            return;
          }
          this.#record(Buffer.concat(pieces).toString());
          if (Math.random() < 0.1) this.#crash();
          else response.writeHead(201).end();
        },
        () => undefined,
      );
    });
  }

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Waits for this many further requests, or until `isDone`. */
  async waitForPosts(posts: number, isDone: () => boolean): Promise<void> {
    for (let left = posts; left > 0 && !isDone(); left--) await this.#nextPost.promise;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #record(body: string): void {
    const { Notification: notification, image: of, changes } = JSON.parse(body) as Message;
    const { Name: name } = notification;
    assert.equal(this.#bodies.get(name) ?? body, body, 'messages of one name are equal');
    this.posts++;
    this.names.add(name);
    this.#bodies.set(name, body);
    if (changes === undefined) this.delivered.add(name);
    else for (const { new: is } of changes) this.delivered.add(`${of?.identity} ${is.id}`);
    this.#nextPost.resolve(undefined);
    this.#nextPost = Promise.withResolvers();
  }

  /** Breaks all connections, as when the process is killed. */
  #crash(): void {
    this.crashes++;
    this.#server.closeAllConnections();
  }
}
