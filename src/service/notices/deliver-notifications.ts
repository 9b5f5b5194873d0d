import type { Notice, Transport } from '../../plugin/transport.ts';
import type { Notification, NotificationStore, Store } from '../../store/store.ts';
import type { AffectedRoom } from './affected.ts';
import { BackOff, backOffMsMin } from './back-off.ts';
import { Deliveries, type Delivery } from './deliveries.ts';
import { addToDigests, noticeOfDigest } from './digest.ts';
import { noticeOf, sidesOf } from './notice.ts';
import { isWanted, type NoticeFilter } from './notice-filter.ts';
import { endOfRest, type Receiver, receiversOf } from './receivers.ts';

/** What telling needs. */
export interface DeliveryRoom extends AffectedRoom {
  readonly store: AffectedRoom['store'] & Pick<Store, 'notifications' | 'digests' | 'locks'>;
  /** At least one, told in this order. Each is told everything; a notification is told when all of them have taken it. */
  readonly transports: readonly Transport[];
  readonly filter: NoticeFilter;
  /** Changes are told in digests, one for each image and so long a time; each by itself where it is 0. */
  readonly digestMs: number;
  /** Tries that a notification has with a transport that takes others before it is put off for long. */
  readonly attempts: number;
  /** What nobody says to have heard is told again after so long. */
  readonly renotifyMs: number;
  readonly now: () => Date;
  /** Names this process among those that share the store. */
  readonly owner: string;
  /** Waits so long at most, and less when something is to be done; ends at once when the signal comes. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Waits so long, whatever is to be done; ends at once when the signal comes. */
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onDelivered: (name: string, sinceCreatedMs: number) => void;
  readonly onFailure: (transport: string, error: unknown) => void;
}

/** How often it is looked whether another server has made events. */
const pollMs = 5_000;

const deliveryMsMax = 30_000;

const eventsAtATime = 200;
const notificationsAtATime = 100;

/**
 * Tells every event of the store until the signal comes: again and again until somebody says that it was heard, at least once
 * whatever breaks off, by one server at a time. A receiver that fails is left alone for longer and longer, and told what it missed as
 * soon as it takes something; the others hear of everything meanwhile.
 */
export async function deliverNotifications(room: DeliveryRoom, signal: AbortSignal): Promise<void> {
  const receivers = receiversOf(room.transports);
  const sender = {
    room,
    receivers,
    deliveries: new Deliveries(),
    storeBackOff: new BackOff(),
    recovered: new Set<string>(),
  };
  while (!signal.aborted) {
    const quietMs = quietMsOf(sender);
    if (quietMs > 0) await restAll(sender, quietMs, signal);
    else await tellAll(sender, signal);
  }
}

/** Who tells, and what it remembers: everything else is in the store. */
interface Sender {
  readonly room: DeliveryRoom;
  readonly receivers: readonly Receiver[];
  readonly deliveries: Deliveries;
  readonly storeBackOff: BackOff;
  /** Names of what may be told now, since a receiver is back, and is due later as far as the store knows. */
  readonly recovered: Set<string>;
}

/** How long nobody can be told anything, or the store is not to be asked. */
function quietMsOf({ room, receivers, storeBackOff }: Sender): number {
  const now = room.now().getTime();
  return Math.max(endOfRest(receivers, now), storeBackOff.endOfRest(now)) - now;
}

async function restAll(
  { room, receivers, storeBackOff }: Sender,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const end = room.now().getTime() + ms;
  await room.rest(ms, signal);
  const all = [storeBackOff, ...receivers.map(({ backOff }) => backOff)];
  for (const backOff of all) backOff.noteRested(end);
}

/** One round, and the wait for the next where there was nothing to do. A store that cannot be reached rests as a receiver does. */
async function tellAll(sender: Sender, signal: AbortSignal): Promise<void> {
  const { room, storeBackOff } = sender;
  let idleMs = 0;
  try {
    await makeNotifications(room, signal);
    idleMs = await tellQueues(sender, signal);
    storeBackOff.noteSuccess();
  } catch (error) {
    storeBackOff.noteFailure(room.now().getTime());
    room.onFailure('store', error);
  }
  if (idleMs > 0) await room.pause(idleMs, signal);
}

async function makeNotifications({ store }: DeliveryRoom, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await store.notifications.make(eventsAtATime)) === eventsAtATime);
}

/** What is to be told, in the order of its time; of notifications and of digests alike. */
interface Queue extends Omit<NotificationStore, 'make' | 'find' | 'due' | 'markDeleted'> {
  find(name: string): Promise<Queued | undefined>;
  due(limit: number): Promise<readonly Queued[]>;
  /** What a transport is told; nothing where there is nothing to be told. */
  notice(name: string, signal: AbortSignal): Promise<Notice | undefined>;
}

type Queued = Pick<Notification, 'name' | 'createdAt' | 'notifiedAt' | 'dueAt'>;

/** Digests are told whether or not they are still made: nothing else tells what is in them. */
function queuesOf(room: DeliveryRoom): readonly Queue[] {
  const { notifications, digests } = room.store;
  return [
    { ...notifications, notice: (name, signal) => noticeOfChange(name, room, signal) },
    { ...digests, notice: (name) => noticeOfDigest(name, room) },
  ];
}

async function noticeOfChange(
  name: string,
  room: DeliveryRoom,
  signal: AbortSignal,
): Promise<Notice | undefined> {
  const notification = await room.store.notifications.find(name);
  if (notification === undefined) return undefined;
  const sides = await sidesOf(notification, room);
  if (!isWanted(notification, sides, room.filter)) return undefined;
  if (room.digestMs === 0) return noticeOf(notification, sides, room);
  await addToDigests(notification, room, signal);
  return undefined;
}

/** Tells some of what is due. How long there is nothing to do afterwards; 0 where there was something. */
async function tellQueues(sender: Sender, signal: AbortSignal): Promise<number> {
  const queues = queuesOf(sender.room);
  await hasten(queues, sender);
  for (const queue of queues) if (await tellDue({ queue, sender }, signal)) return 0;
  return await idleMsOf(queues, sender.room);
}

/** Makes some of what may be told again due, right behind what the receiver has not seen yet. */
async function hasten(queues: readonly Queue[], { room, deliveries, recovered }: Sender): Promise<void> {
  const soon = new Date(room.now().getTime() + 1);
  for (const name of [...recovered].slice(0, notificationsAtATime)) {
    for (const queue of queues) {
      const queued = await queue.find(name);
      const isLater = queued?.dueAt != null && Date.parse(queued.dueAt) > soon.getTime();
      // Another server may have told it meanwhile.
      if (isLater && deliveries.has(queued)) await queue.postpone(name, soon);
    }
    recovered.delete(name);
  }
}

async function idleMsOf(queues: readonly Queue[], { now }: DeliveryRoom): Promise<number> {
  const times = await Promise.all(queues.map((queue) => queue.nextDue()));
  const next = Math.min(
    ...times.map((time) => (time === undefined ? Number.POSITIVE_INFINITY : Date.parse(time))),
  );
  // Another server may be telling what is due right now.
  return Math.min(Math.max(next - now().getTime(), backOffMsMin), pollMs);
}

interface Place {
  readonly queue: Queue;
  readonly sender: Sender;
}

/** Tells a page of what is due, until nobody can be told any more. False where there was nothing for this server to do. */
async function tellDue(place: Place, signal: AbortSignal): Promise<boolean> {
  let isBusy = false;
  for (const queued of await place.queue.due(notificationsAtATime)) {
    if (signal.aborted || quietMsOf(place.sender) > 0) break;
    if (await tellAlone(queued, place, signal)) isBusy = true;
  }
  return isBusy;
}

/** Tells one while no other server does; of two that found it due, the second passes it by and answers false. */
async function tellAlone({ name }: Queued, place: Place, signal: AbortSignal): Promise<boolean> {
  const { room, receivers } = place.sender;
  const { locks } = room.store;
  const lock = `notification ${name}`;
  // It outlives what is done under it, so it need not be renewed; of a server that died it falls free soon.
  const lockMs = deliveryMsMax * (receivers.length + 1);
  if (!(await locks.acquire(lock, room.owner, lockMs))) return false;
  try {
    const current = await place.queue.find(name);
    const isDue = current?.dueAt != null && Date.parse(current.dueAt) <= room.now().getTime();
    return isDue && (await tell(current, place, signal));
  } finally {
    await locks.release(lock, room.owner);
  }
}

/** Tells one to all who miss it and may be told now. */
async function tell(queued: Queued, { queue, sender }: Place, signal: AbortSignal): Promise<boolean> {
  const { room, receivers, deliveries } = sender;
  const delivery = deliveries.of(queued);
  const now = room.now().getTime();
  if (delivery.missing(receivers).some((receiver) => delivery.isReady(receiver, now))) {
    const notice = await queue.notice(queued.name, signal);
    if (signal.aborted) return false;
    if (notice === undefined) {
      await queue.postpone(queued.name, 'ever');
      deliveries.forget(queued.name);
      return true;
    }
    const { notifiedAt } = queued;
    const told: Notice = notifiedAt === null ? notice : { ...notice, toldAt: notifiedAt };
    await tellReady(told, delivery, sender, signal);
  }
  await noteTold(queued, delivery, { queue, sender });
  return true;
}

async function tellReady(
  notice: Notice,
  delivery: Delivery,
  sender: Sender,
  signal: AbortSignal,
): Promise<void> {
  const { room, receivers } = sender;
  for (const receiver of delivery.missing(receivers)) {
    if (signal.aborted) return;
    if (!delivery.isReady(receiver, room.now().getTime())) continue;
    const { transport } = receiver;
    try {
      await transport.deliver(notice, AbortSignal.any([signal, AbortSignal.timeout(deliveryMsMax)]));
      delivery.noteTaken(receiver);
      noteUp(receiver, sender);
    } catch (error) {
      delivery.noteRefused(receiver, room.now().getTime(), room.attempts);
      room.onFailure(transport.name, error);
    }
  }
}

/** Notes that a receiver took something. If it failed before, what it refused may be told at once. */
function noteUp(receiver: Receiver, { room, deliveries, recovered }: Sender): void {
  const isBack = !receiver.backOff.isUp;
  receiver.backOff.noteSuccess();
  if (!isBack) return;
  const now = room.now().getTime();
  for (const name of deliveries.recovered(receiver, now, room.attempts)) recovered.add(name);
}

/** Puts one off until somebody can be told who misses it: what is due is what can be told. */
async function noteTold(
  { name, createdAt, notifiedAt }: Queued,
  delivery: Delivery,
  { queue, sender: { room, receivers, deliveries } }: Place,
): Promise<void> {
  if (delivery.missing(receivers).length > 0) {
    await queue.postpone(name, new Date(delivery.nextAt(receivers, room.now().getTime())));
    return;
  }
  await queue.markNotified(name, room.renotifyMs);
  deliveries.forget(name);
  if (notifiedAt === null) room.onDelivered(name, room.now().getTime() - Date.parse(createdAt));
}
