import type { NotificationMessage, Transport } from '../../plugin/transport.ts';
import type { Notification, NotificationStore, Store } from '../../store/store.ts';
import type { AffectedImagesDeps } from './affected-images.ts';
import { Backoff, minBackoffMs } from './backoff.ts';
import { type DeliveryState, DeliveryStateCache } from './delivery-state.ts';
import { addToBatches, batchMessage } from './notification-batch.ts';
import { isWanted, type NotificationFilter } from './notification-filter.ts';
import { notificationMessage, sidesOf } from './notification-message.ts';
import { earliestRetryAt, type Receiver, receiversOf } from './receivers.ts';

/** What telling needs. */
export interface DeliveryDeps extends AffectedImagesDeps {
  readonly store: AffectedImagesDeps['store'] & Pick<Store, 'notifications' | 'batches' | 'locks'>;
  /** At least one, told in this order. Each is told everything; a notification is told when all of them have taken it. */
  readonly transports: readonly Transport[];
  readonly filter: NotificationFilter;
  /** Changes are told in digests, one for each image and so long a time; each by itself where it is 0. */
  readonly batchWindowMs: number;
  /** Tries that a notification has with a transport that takes others before it is put off for long. */
  readonly attempts: number;
  /** What nobody says to have heard is told again after so long. */
  readonly renotifyMs: number;
  readonly now: () => Date;
  /** Names this process among those that share the store. */
  readonly owner: string;
  /** Waits so long at most, and less when something is to be done; ends at once when the signal comes. */
  readonly sleepOrWake: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Waits so long, whatever is to be done; ends at once when the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onDelivered: (name: string, sinceCreatedMs: number) => void;
  readonly onFailure: (transport: string, error: unknown) => void;
}

/** How often it is looked whether another server has made events. */
const pollMs = 5_000;

const deliveryMsMax = 30_000;

const eventBatchSize = 200;
const notificationBatchSize = 100;

/**
 * Tells every event of the store until the signal comes: again and again until somebody says that it was heard, at least once
 * whatever breaks off, by one server at a time. A receiver that fails is left alone for longer and longer, and told what it missed as
 * soon as it takes something; the others hear of everything meanwhile.
 */
export async function deliverNotifications(deps: DeliveryDeps, signal: AbortSignal): Promise<void> {
  const receivers = receiversOf(deps.transports);
  const sender = {
    deps,
    receivers,
    deliveryStates: new DeliveryStateCache(),
    storeBackoff: new Backoff(),
    recovered: new Set<string>(),
  };
  while (!signal.aborted) {
    const waitMs = backoffRemainingMs(sender);
    if (waitMs > 0) await sleepThroughBackoff(sender, waitMs, signal);
    else await runOnce(sender, signal);
  }
}

/** Who tells, and what it remembers: everything else is in the store. */
interface Sender {
  readonly deps: DeliveryDeps;
  readonly receivers: readonly Receiver[];
  readonly deliveryStates: DeliveryStateCache;
  readonly storeBackoff: Backoff;
  /** Names of what may be told now, since a receiver is back, and is due later as far as the store knows. */
  readonly recovered: Set<string>;
}

/** How long nobody can be told anything, or the store is not to be asked. */
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

/** One round, and the wait for the next where there was nothing to do. A store that cannot be reached rests as a receiver does. */
async function runOnce(sender: Sender, signal: AbortSignal): Promise<void> {
  const { deps, storeBackoff } = sender;
  let idleMs = 0;
  try {
    await createNotifications(deps, signal);
    idleMs = await drainQueues(sender, signal);
    storeBackoff.recordSuccess();
  } catch (error) {
    storeBackoff.recordFailure(deps.now().getTime());
    deps.onFailure('store', error);
  }
  if (idleMs > 0) await deps.sleepOrWake(idleMs, signal);
}

async function createNotifications({ store }: DeliveryDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await store.notifications.createFromEvents(eventBatchSize)) === eventBatchSize);
}

/** What is to be told, in the order of its time; of notifications and of digests alike. */
interface DeliveryQueue
  extends Omit<NotificationStore, 'createFromEvents' | 'find' | 'findDue' | 'markDeleted'> {
  find(name: string): Promise<QueuedDelivery | undefined>;
  findDue(limit: number): Promise<readonly QueuedDelivery[]>;
  /** What a transport is told; nothing where there is nothing to be told. */
  message(name: string, signal: AbortSignal): Promise<NotificationMessage | undefined>;
}

type QueuedDelivery = Pick<Notification, 'name' | 'createdAt' | 'notifiedAt' | 'dueAt'>;

/** Digests are told whether or not they are still made: nothing else tells what is in them. */
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
  if (deps.batchWindowMs === 0) return notificationMessage(notification, sides, deps);
  await addToBatches(notification, deps, signal);
  return undefined;
}

/** Tells some of what is due. How long there is nothing to do afterwards; 0 where there was something. */
async function drainQueues(sender: Sender, signal: AbortSignal): Promise<number> {
  const queues = queuesOf(sender.deps);
  await expediteRecovered(queues, sender);
  for (const queue of queues) if (await drainQueue({ queue, sender }, signal)) return 0;
  return await idleMsOf(queues, sender.deps);
}

/** Makes some of what may be told again due, right behind what the receiver has not seen yet. */
async function expediteRecovered(
  queues: readonly DeliveryQueue[],
  { deps, deliveryStates, recovered }: Sender,
): Promise<void> {
  const soon = new Date(deps.now().getTime() + 1);
  for (const name of [...recovered].slice(0, notificationBatchSize)) {
    for (const queue of queues) {
      const queued = await queue.find(name);
      const isLater = queued?.dueAt != null && Date.parse(queued.dueAt) > soon.getTime();
      // Another server may have told it meanwhile.
      if (isLater && deliveryStates.has(queued)) await queue.postpone(name, soon);
    }
    recovered.delete(name);
  }
}

async function idleMsOf(queues: readonly DeliveryQueue[], { now }: DeliveryDeps): Promise<number> {
  const times = await Promise.all(queues.map((queue) => queue.findNextDue()));
  const next = Math.min(
    ...times.map((time) => (time === undefined ? Number.POSITIVE_INFINITY : Date.parse(time))),
  );
  // Another server may be telling what is due right now.
  return Math.min(Math.max(next - now().getTime(), minBackoffMs), pollMs);
}

interface QueueContext {
  readonly queue: DeliveryQueue;
  readonly sender: Sender;
}

/** Tells a page of what is due, until nobody can be told any more. False where there was nothing for this server to do. */
async function drainQueue(context: QueueContext, signal: AbortSignal): Promise<boolean> {
  let isBusy = false;
  for (const queued of await context.queue.findDue(notificationBatchSize)) {
    if (signal.aborted || backoffRemainingMs(context.sender) > 0) break;
    if (await deliverWithLock(queued, context, signal)) isBusy = true;
  }
  return isBusy;
}

/** Tells one while no other server does; of two that found it due, the second passes it by and answers false. */
async function deliverWithLock(
  { name }: QueuedDelivery,
  context: QueueContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { deps, receivers } = context.sender;
  const { locks } = deps.store;
  const lock = `notification ${name}`;
  // It outlives what is done under it, so it need not be renewed; of a server that died it falls free soon.
  const lockMs = deliveryMsMax * (receivers.length + 1);
  if (!(await locks.acquire(lock, deps.owner, lockMs))) return false;
  try {
    const current = await context.queue.find(name);
    const isDue = current?.dueAt != null && Date.parse(current.dueAt) <= deps.now().getTime();
    return isDue && (await deliver(current, context, signal));
  } finally {
    await locks.release(lock, deps.owner);
  }
}

/** Tells one to all who miss it and may be told now. */
async function deliver(
  queued: QueuedDelivery,
  { queue, sender }: QueueContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { deps, receivers, deliveryStates } = sender;
  const delivery = deliveryStates.stateOf(queued);
  const now = deps.now().getTime();
  if (delivery.pending(receivers).some((receiver) => delivery.isReady(receiver, now))) {
    const message = await queue.message(queued.name, signal);
    if (signal.aborted) return false;
    if (message === undefined) {
      await queue.postpone(queued.name, 'ever');
      deliveryStates.forget(queued.name);
      return true;
    }
    const { notifiedAt } = queued;
    const outgoing: NotificationMessage =
      notifiedAt === null ? message : { ...message, previouslyDeliveredAt: notifiedAt };
    await sendToReadyReceivers(outgoing, delivery, sender, signal);
  }
  await recordDelivery(queued, delivery, { queue, sender });
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

/** Notes that a receiver took something. If it failed before, what it refused may be told at once. */
function recordReceiverUp(receiver: Receiver, { deps, deliveryStates, recovered }: Sender): void {
  const isBack = !receiver.backoff.isUp;
  receiver.backoff.recordSuccess();
  if (!isBack) return;
  const now = deps.now().getTime();
  for (const name of deliveryStates.recordRecovery(receiver, now, deps.attempts)) recovered.add(name);
}

/** Puts one off until somebody can be told who misses it: what is due is what can be told. */
async function recordDelivery(
  { name, createdAt, notifiedAt }: QueuedDelivery,
  delivery: DeliveryState,
  { queue, sender: { deps, receivers, deliveryStates } }: QueueContext,
): Promise<void> {
  if (delivery.pending(receivers).length > 0) {
    await queue.postpone(name, new Date(delivery.nextAttemptAt(receivers, deps.now().getTime())));
    return;
  }
  await queue.markNotified(name, deps.renotifyMs);
  deliveryStates.forget(name);
  if (notifiedAt === null) deps.onDelivered(name, deps.now().getTime() - Date.parse(createdAt));
}
