import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { feedUpdate, record, stream } from './store-content.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf, run } from './store-process.ts';

/** What became of the notifications of a store whose senders and receiver were killed again and again. */
export interface DeliveryCount {
  readonly notifications: number;
  /** Notifications that came at least once. */
  readonly told: number;
  /** How often one came that had come before. */
  readonly repeated: number;
  /** How often somebody was killed between the sending and the noting of it, at most. */
  readonly breaks: number;
}

/** Tells what is due, with a clock that is ahead, so that the lock of who was killed has fallen free. */
function sender(url: string, aheadMs: number): string {
  const place = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    const { deliverNotifications } = await import(${place('../service/deliver-notifications.ts')});
    const { webhook } = await import(${place('../notify/webhook.ts')});
    const now = () => Date.now() + ${aheadMs};
    const store = await sharedEngines.find(({ name }) => name === engineName).open(place, { now });
    const unset = { servername: '', cafile: '', certfile: '', keyfile: '', proxy: '', mode: 'name', secret: '' };
    const rest = () => new Promise((resolve) => setTimeout(resolve, 5));
    say('ready');
    await deliverNotifications({
      store, extensions: { schemes: [], sources: [] }, transports: [webhook({ ...unset, endpoint: '${url}' }, {})],
      filter: { severity: undefined, isFixable: false, namespaces: [] }, attempts: 1000, renotifyMs: 1e10,
      now: () => new Date(now()), owner: String(process.pid), pause: rest, rest,
      onDelivered: () => {}, onFailure: () => {},
    }, new AbortController().signal);`;
}

/** Longer than a lock. */
const aheadMs = 120_000;

/** Kills a sender so often at random points of its work, and a receiver now and then; then lets the last sender finish. */
export async function killDeliveries(
  engine: SharedEngine,
  place: string,
  kills: number,
): Promise<DeliveryCount> {
  const count = 3 * kills;
  {
    await using store = await engine.open(place);
    await store.advisories.apply(feedUpdate(), stream([]));
    const news = Array.from({ length: count }, (_, i) => record(`CVE-${i}`));
    await store.advisories.apply(feedUpdate({ fingerprint: 'two' }), stream(news));
  }
  const receiver = await Receiver.open();
  try {
    for (let i = 0; i <= kills; i++) {
      const child = run(engine.name, place, sender(receiver.url, i * aheadMs));
      assert.ok(child.stdout !== null);
      await once(child.stdout, 'data');
      if (i < kills) {
        await receiver.comes(Math.floor(4 * Math.random()), () => receiver.names.size === count);
        await new Promise((resolve) => setTimeout(resolve, 20 * Math.random()));
      } else await allNoted(engine, place, count);
      child.kill('SIGKILL');
      await exitOf(child);
    }
  } finally {
    receiver.close();
  }
  await using store = await engine.open(place, { now: () => Date.now() + (kills + 1) * aheadMs });
  assert.equal(await store.notifications.make(count), 0);
  assert.deepEqual(await store.notifications.due(count), [], 'all are marked as told');
  const { rows } = await store.statistics();
  assert.equal(rows['event'], count);
  const told = await Promise.all([...receiver.names.keys()].map((name) => store.notifications.find(name)));
  assert.ok(told.every((one) => one?.notifiedAt != null));
  const events = new Set(told.map((one) => one?.event));
  const repeated = receiver.posts - receiver.names.size;
  return { notifications: count, told: events.size, repeated, breaks: kills + receiver.deaths };
}

/** Comes back when all that was told is noted: the last sender has the time it takes. */
async function allNoted(engine: SharedEngine, place: string, count: number): Promise<void> {
  await using store = await engine.open(place, { now: () => Number.MAX_SAFE_INTEGER });
  const isNoted = async (): Promise<boolean> => {
    const due = await store.notifications.due(count);
    return due.length === count && due.every(({ notifiedAt }) => notifiedAt !== null);
  };
  while (!(await isNoted())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Notes what it is posted, and dies at times, before it has noted it or before it has answered; at once there is another. */
class Receiver {
  readonly names = new Map<string, number>();
  posts = 0;
  deaths = 0;
  readonly #server: Server;
  #come = Promise.withResolvers<undefined>();

  private constructor() {
    this.#server = createServer((request, response) => {
      void request.toArray().then(
        (pieces) => {
          if (Math.random() < 0.1) {
            this.#die();
            return;
          }
          const { Notification: notification } = JSON.parse(Buffer.concat(pieces).toString()) as {
            Notification: { Name: string };
          };
          this.posts++;
          this.names.set(notification.Name, (this.names.get(notification.Name) ?? 0) + 1);
          this.#come.resolve(undefined);
          this.#come = Promise.withResolvers();
          if (Math.random() < 0.1) this.#die();
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

  /** Comes back when so many more posts have come, or when there is nothing more to come. */
  async comes(posts: number, isDone: () => boolean): Promise<void> {
    for (let left = posts; left > 0 && !isDone(); left--) await this.#come.promise;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** All connections break, as when its process is killed. */
  #die(): void {
    this.deaths++;
    this.#server.closeAllConnections();
  }
}
