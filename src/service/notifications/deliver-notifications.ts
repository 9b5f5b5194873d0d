import { ClairError } from '../../core/errors.ts';
import { IdleWait } from '../../kit/async/idle-wait.ts';
import type { NotificationMessage, Transport } from '../../plugin/transport.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { NotificationStore, TransportStart } from '../../store/notification-store.ts';
import type { Store } from '../../store/store.ts';
import type { AffectedImagesDeps } from './affected-images.ts';
import { Backoff, minBackoffMs } from './backoff.ts';
import {
  type DeliveryState,
  DeliveryStateCache,
  earliestRetryAt,
  isBeforeStart,
  type QueuedDelivery,
  type Receiver,
  receiversOf,
} from './delivery-state.ts';
import { addToBatches, batchMessage } from './notification-batch.ts';
import { isWanted, type NotificationFilter } from './notification-filter.ts';
import { isSuppressedEverywhere, notificationMessage, sidesOf } from './notification-message.ts';

/** Dependencies and options of `deliverNotifications`. */
export interface DeliveryDeps extends AffectedImagesDeps {
  readonly store: AffectedImagesDeps['store'] & Pick<Store, 'notifications' | 'batches' | 'locks'>;
  /** At least one, in order of delivery. Each gets every notification, which is delivered once all of them have accepted it. */
  readonly transports: readonly Transport[];
  /** Returns where the named transports begin. Absent: each gets all notifications. */
  readonly begin?: (names: readonly string[]) => Promise<readonly TransportStart[]>;
  readonly filter: NotificationFilter;
  /**
   * Length of the window of a batch, in milliseconds. 0 delivers each change by itself; otherwise an image has one batch for each window.
   */
  readonly batchWindowMs: number;
  /** Attempts to deliver a notification to a transport that accepts others, before a long pause. */
  readonly attempts: number;
  /** Time until a notification that no client has acknowledged is delivered again, in milliseconds. */
  readonly renotifyMs: number;
  readonly now: () => Date;
  /** Identifies this process among those that share the store. */
  readonly owner: string;
  /** Waits for `ms` at most. Resolves early if there is new work or the signal aborts. */
  readonly sleepOrWake: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Waits for `ms`, even if there is new work. Resolves early if the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onDelivered: (name: string, sinceCreatedMs: number) => void;
  readonly onFailure: (transport: string, error: unknown) => void;
}

/** Shortest and longest interval for polling the store for events that other servers have created, in milliseconds. */
const [minPollMs, maxPollMs] = [5_000, 30_000];

const deliveryMsMax = 30_000;

const eventBatchSize = 200;
const notificationBatchSize = 100;

/**
 * Delivers every event of the store until the signal aborts. Repeats each notification until a client acknowledges it. Delivers at least
 * once despite crashes, and from one server at a time. A receiver that fails is retried with exponential backoff, and gets what it missed
 * as soon as it accepts something. Other receivers are not delayed.
 */
export async function deliverNotifications(deps: DeliveryDeps, signal: AbortSignal): Promise<void> {
  const receivers = receiversOf(deps.transports);
  const sender = {
    deps,
    receivers,
    starts: new Map<string, TransportStart>(),
    deliveryStates: new DeliveryStateCache(),
    storeBackoff: new Backoff(),
    recovered: new Set<string>(),
    idle: new IdleWait(minPollMs, maxPollMs),
  };
  while (!signal.aborted) {
    const waitMs = backoffRemainingMs(sender);
    if (waitMs > 0) await sleepThroughBackoff(sender, waitMs, signal);
    else await runOnce(sender, signal);
  }
}

/** State of one sender. It is in memory only; all durable state is in the store. */
interface Sender {
  readonly deps: DeliveryDeps;
  readonly receivers: readonly Receiver[];
  /** Where each transport begins, by its name. Empty until the store has been asked. */
  readonly starts: Map<string, TransportStart>;
  readonly deliveryStates: DeliveryStateCache;
  readonly storeBackoff: Backoff;
  /** Names of notifications that can be delivered now because a receiver has recovered, but that the store has due later. */
  readonly recovered: Set<string>;
  readonly idle: IdleWait;
}

/** Returns the milliseconds until any receiver and the store may be tried again. */
function backoffRemainingMs({ deps, receivers, storeBackoff }: Sender): number {
  const now = deps.now().getTime();
  return Math.max(earliestRetryAt(receivers, now), storeBackoff.retryAt(now)) - now;
}

async function sleepThroughBackoff(
  { deps, receivers, storeBackoff }: Sender,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const end = deps.now().getTime() + ms;
  await deps.sleep(ms, signal);
  const all = [storeBackoff, ...receivers.map(({ backoff }) => backoff)];
  for (const backoff of all) backoff.markElapsed(end);
}

/** Runs one round, and waits if there was no work. A store that cannot be reached is retried with backoff, as a receiver is. */
async function runOnce(sender: Sender, signal: AbortSignal): Promise<void> {
  const { deps, storeBackoff } = sender;
  let idleMs = 0;
  try {
    await beginTransports(sender);
    idleMs = await deliverDue(sender, signal);
    storeBackoff.recordSuccess();
  } catch (error) {
    storeBackoff.recordFailure(deps.now().getTime());
    deps.onFailure('store', error);
  }
  if (idleMs > 0) await deps.sleepOrWake(idleMs, signal);
}

/** Reads where the transports begin, before the first delivery. */
async function beginTransports({ deps, starts }: Sender): Promise<void> {
  if (deps.begin === undefined || starts.size > 0) return;
  const begun = await deps.begin(deps.transports.map(({ name }) => name));
  for (const start of begun) starts.set(start.transport, start);
}

/** Delivers some of what is due. Returns the milliseconds until the next poll, or 0 if there was work. */
async function deliverDue(sender: Sender, signal: AbortSignal): Promise<number> {
  const { deps, idle, recovered } = sender;
  const untilDueMs = await untilNextDue(deps);
  if (untilDueMs > 0 && recovered.size === 0) return Math.min(untilDueMs, idle.next());
  await createNotifications(deps, signal);
  if (await drainQueues(sender, signal)) {
    idle.reset();
    return 0;
  }
  // Another server may be delivering what is due right now.
  return Math.min(Math.max(await untilNextDue(deps), minBackoffMs), idle.next());
}

async function untilNextDue({ store, now }: DeliveryDeps): Promise<number> {
  const next = await store.notifications.findNextDue();
  return next === undefined ? Number.POSITIVE_INFINITY : Date.parse(next) - now().getTime();
}

async function createNotifications({ store }: DeliveryDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await store.notifications.createFromEvents(eventBatchSize)) === eventBatchSize);
}

/** Queue of notifications or batches, in order of their due time. */
interface DeliveryQueue extends Pick<NotificationStore, 'markNotified' | 'postpone'> {
  find(name: string): Promise<QueuedDelivery | undefined>;
  findDue(limit: number): Promise<readonly QueuedDelivery[]>;
  /** Returns the message for the transports. Returns undefined if there is nothing to deliver. */
  message(name: string, signal: AbortSignal): Promise<NotificationMessage | undefined>;
}

/** Batches are delivered even if batching is now off, because nothing else delivers their changes. */
function queuesOf(deps: DeliveryDeps): readonly DeliveryQueue[] {
  const { notifications, batches } = deps.store;
  return [
    { ...notifications, message: (name, signal) => changeMessage(name, deps, signal) },
    { ...batches, message: (name) => batchMessage(name, deps) },
  ];
}

async function changeMessage(
  name: string,
  deps: DeliveryDeps,
  signal: AbortSignal,
): Promise<NotificationMessage | undefined> {
  const notification = await deps.store.notifications.find(name);
  if (notification === undefined) return undefined;
  const sides = await sidesOf(notification, deps);
  if (!isWanted(notification, sides, deps.filter)) return undefined;
  if (await isSuppressedEverywhere(notification, deps)) return undefined;
  if (deps.batchWindowMs === 0)
    return await neededMessage(notificationMessage(notification, sides, deps), deps);
  await addToBatches(notification, deps, signal);
  return undefined;
}

/** Returns a message that a transport needs. Undefined if none does: to offer it again would cost as much, and for ever. */
async function neededMessage(
  message: NotificationMessage,
  deps: DeliveryDeps,
): Promise<NotificationMessage | undefined> {
  for (const transport of deps.transports) if (await needs(transport, message, deps)) return message;
  return undefined;
}

/** Whether a transport needs a message. One that gets a message for each update needs the first that it wants. */
async function needs(
  transport: Transport,
  message: NotificationMessage,
  { store }: DeliveryDeps,
): Promise<boolean> {
  if (transport.wants !== undefined && !(await transport.wants(message))) return false;
  return (
    transport.isPerUpdate !== true ||
    (await store.notifications.representUpdate(message.name)) === message.name
  );
}

/** Delivers a page of one queue. Returns false if there was no work for this server. */
async function drainQueues(sender: Sender, signal: AbortSignal): Promise<boolean> {
  const queues = queuesOf(sender.deps);
  await expediteRecovered(queues, sender);
  for (const queue of queues) if (await drainQueue({ queue, sender }, signal)) return true;
  return false;
}

/** Makes notifications of recovered receivers due at once, right after those that the receiver has not seen yet. */
async function expediteRecovered(
  queues: readonly DeliveryQueue[],
  { deps, deliveryStates, recovered }: Sender,
): Promise<void> {
  const soon = new Date(deps.now().getTime() + 1);
  for (const name of [...recovered].slice(0, notificationBatchSize)) {
    for (const queue of queues) {
      const queued = await queue.find(name);
      const isLater = queued?.dueAt != null && Date.parse(queued.dueAt) > soon.getTime();
      // Another server may have delivered it meanwhile.
      if (isLater && deliveryStates.has(queued)) await queue.postpone(name, soon);
    }
    recovered.delete(name);
  }
}

interface QueueContext {
  readonly queue: DeliveryQueue;
  readonly sender: Sender;
}

/** Delivers one page of what is due, until no receiver is ready. Returns false if there was no work for this server. */
async function drainQueue(context: QueueContext, signal: AbortSignal): Promise<boolean> {
  let isBusy = false;
  for (const queued of await context.queue.findDue(notificationBatchSize)) {
    if (signal.aborted || backoffRemainingMs(context.sender) > 0) break;
    if (await deliverWithLock(queued, context, signal)) isBusy = true;
  }
  return isBusy;
}

/** Delivers one notification under a lock. If another server has the lock, skips the notification and returns false. */
async function deliverWithLock(
  { name }: QueuedDelivery,
  context: QueueContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { deps, receivers } = context.sender;
  const { locks } = deps.store;
  const lock = `notification ${name}`;
  // The lock outlasts the work under it, so nothing renews it. If the server dies, it expires soon.
  const lockMs = deliveryMsMax * (receivers.length + 1);
  const lease = await locks.acquire(lock, deps.owner, lockMs);
  if (lease === undefined) return false;
  try {
    const current = await context.queue.find(name);
    const isDue = current?.dueAt != null && Date.parse(current.dueAt) <= deps.now().getTime();
    return isDue && (await deliver(current, { ...context, lease }, signal));
  } catch (error) {
    if (!isTakenOver(error)) throw error;
    deps.onFailure('store', error);
    return false;
  } finally {
    await locks.release(lease);
  }
}

/** Whether another server has delivered the notification meanwhile, because this one paused for longer than its lock lasts. */
function isTakenOver(error: unknown): boolean {
  return error instanceof ClairError && error.code === 'store-conflict';
}

interface DeliveryContext extends QueueContext {
  readonly lease: Lease;
}

/** Delivers one notification to all receivers that miss it and are ready. */
async function deliver(
  queued: QueuedDelivery,
  { queue, sender, lease }: DeliveryContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { deps, receivers, starts, deliveryStates } = sender;
  const delivery = deliveryStates.stateOf(queued);
  const later = receivers.filter(({ transport }) => isBeforeStart(queued, starts.get(transport.name)));
  if (later.length === receivers.length) return await dropFromQueue(queued, { queue, sender, lease });
  for (const receiver of later) delivery.recordDelivered(receiver);
  const now = deps.now().getTime();
  if (delivery.pending(receivers).some((receiver) => delivery.isReady(receiver, now))) {
    const message = await queue.message(queued.name, signal);
    if (signal.aborted) return false;
    if (message === undefined) return await dropFromQueue(queued, { queue, sender, lease });
    const { notifiedAt } = queued;
    const outgoing: NotificationMessage =
      notifiedAt === null ? message : { ...message, previouslyDeliveredAt: notifiedAt };
    await sendToReadyReceivers(outgoing, delivery, sender, signal);
  }
  await recordDelivery(queued, delivery, { queue, sender, lease });
  return true;
}

/** Takes a message that no receiver needs out of the queue. Returns true: this was work. */
async function dropFromQueue(
  { name }: QueuedDelivery,
  { queue, sender, lease }: DeliveryContext,
): Promise<true> {
  await queue.postpone(name, 'ever', lease);
  sender.deliveryStates.forget(name);
  return true;
}

async function sendToReadyReceivers(
  message: NotificationMessage,
  delivery: DeliveryState,
  sender: Sender,
  signal: AbortSignal,
): Promise<void> {
  const { deps, receivers } = sender;
  for (const receiver of delivery.pending(receivers)) {
    if (signal.aborted) return;
    if (!delivery.isReady(receiver, deps.now().getTime())) continue;
    const { transport } = receiver;
    if (transport.isPerUpdate === true && !(await needs(transport, message, deps))) {
      delivery.recordDelivered(receiver);
      continue;
    }
    try {
      await transport.deliver(message, AbortSignal.any([signal, AbortSignal.timeout(deliveryMsMax)]));
      delivery.recordDelivered(receiver);
      recordReceiverUp(receiver, sender);
    } catch (error) {
      delivery.recordFailure(receiver, deps.now().getTime(), deps.attempts);
      deps.onFailure(transport.name, error);
    }
  }
}

/** Records that a receiver accepted something. If it failed before, what it rejected may be delivered at once. */
function recordReceiverUp(receiver: Receiver, { deps, deliveryStates, recovered }: Sender): void {
  const isBack = !receiver.backoff.isUp;
  receiver.backoff.recordSuccess();
  if (!isBack) return;
  const now = deps.now().getTime();
  for (const name of deliveryStates.recordRecovery(receiver, now, deps.attempts)) recovered.add(name);
}

/** Postpones a notification until the next receiver that misses it is ready. Only what can be delivered is due. */
async function recordDelivery(
  { name, createdAt, notifiedAt }: QueuedDelivery,
  delivery: DeliveryState,
  { queue, sender: { deps, receivers, deliveryStates }, lease }: DeliveryContext,
): Promise<void> {
  if (delivery.pending(receivers).length > 0) {
    await queue.postpone(name, new Date(delivery.nextAttemptAt(receivers, deps.now().getTime())), lease);
    return;
  }
  await queue.markNotified(name, deps.renotifyMs, lease);
  deliveryStates.forget(name);
  if (notifiedAt === null) deps.onDelivered(name, deps.now().getTime() - Date.parse(createdAt));
}
