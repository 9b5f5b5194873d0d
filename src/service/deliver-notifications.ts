import type { Notice, Transport } from '../plugin/transport.ts';
import type { Notification, NotificationStore, Store } from '../store/store.ts';
import type { AffectedRoom } from './affected.ts';
import { addToDigests, noticeOfDigest } from './digest.ts';
import { noticeOf, sidesOf } from './notice.ts';
import { isWanted, type NoticeFilter } from './notice-filter.ts';

/** What telling needs. */
export interface DeliveryRoom extends AffectedRoom {
  readonly store: AffectedRoom['store'] & Pick<Store, 'notifications' | 'digests' | 'locks'>;
  /** Each is told everything; a notification is told when all of them have taken it. */
  readonly transports: readonly Transport[];
  readonly filter: NoticeFilter;
  /** Changes are told in digests, one for each image and so long a time; each by itself where it is 0. */
  readonly digestMs: number;
  /** Tries that a notification has before it is put off as long as can be. */
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

/** After a failure nobody is told anything for this long, then for twice as long, up to the most. */
const firstBackOffMs = 1000;
const backOffMsMax = 15 * 60_000;

/** How often it is looked whether another server has made events. */
const pollMs = 5_000;

/** A lock outlives what is done under it, so it need not be renewed; of a server that died it falls free soon. */
const lockMs = 60_000;
const deliveryMsMax = 30_000;

const eventsAtATime = 200;
const notificationsAtATime = 100;

/**
 * Tells every event of the store until the signal comes: again and again until somebody says that it was heard, at least once
 * whatever breaks off, by one server at a time. A receiver that fails is left alone for longer and longer.
 */
export async function deliverNotifications(room: DeliveryRoom, signal: AbortSignal): Promise<void> {
  const state: State = { failures: 0, tries: new Map() };
  while (!signal.aborted) {
    const outcome = await tellAll(room, state, signal);
    if (outcome === 'failed') await room.rest(backOffMs(state.failures), signal);
    else if (outcome !== 'told') await room.pause(outcome.idleMs, signal);
  }
}

/** One round. A store that cannot be reached is a failure as any other. */
async function tellAll(
  room: DeliveryRoom,
  state: State,
  signal: AbortSignal,
): Promise<'told' | 'failed' | { readonly idleMs: number }> {
  try {
    await makeNotifications(room, signal);
    const queues = queuesOf(room);
    for (const queue of queues) {
      const outcome = await tellDue(queue, { room, state }, signal);
      if (outcome !== 'idle') return outcome;
    }
    return { idleMs: await idleMs(queues, room) };
  } catch (error) {
    state.failures++;
    room.onFailure('store', error);
    return 'failed';
  }
}

/** What a sender remembers: everything else is in the store. */
interface State {
  /** How often telling has failed since it last did not. */
  failures: number;
  /** How often each notification was tried, of those that failed. */
  readonly tries: Map<string, number>;
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

interface Telling {
  readonly room: DeliveryRoom;
  readonly state: State;
}

/** Tells what is due until there is nothing, or something fails. */
async function tellDue(
  queue: Queue,
  { room, state }: Telling,
  signal: AbortSignal,
): Promise<'told' | 'failed' | 'idle'> {
  let isIdle = true;
  for (const queued of await queue.due(notificationsAtATime)) {
    if (signal.aborted) break;
    const outcome = await tellAlone(queued, { queue, room }, signal);
    if (outcome === 'passed') continue;
    if (outcome !== 'told' && outcome !== 'settled')
      return await noteFailure(queued, outcome, { queue, room, state });
    isIdle = false;
    // What was not told says nothing of the receiver.
    if (outcome === 'told') state.failures = 0;
    state.tries.delete(queued.name);
  }
  return isIdle ? 'idle' : 'told';
}

/** What a transport threw, and which one. */
interface Failure {
  readonly transport: string;
  readonly error: unknown;
}

/** `settled`: there was nothing to tell. `passed`: another server tells it, or has just told it. */
type Outcome = 'told' | 'settled' | 'passed' | Failure;

interface Place {
  readonly queue: Queue;
  readonly room: DeliveryRoom;
}

/** Tells one while no other server does; of two that found it due, the second passes it by. */
async function tellAlone({ name }: Queued, place: Place, signal: AbortSignal): Promise<Outcome> {
  const { locks } = place.room.store;
  const lock = `notification ${name}`;
  if (!(await locks.acquire(lock, place.room.owner, lockMs))) return 'passed';
  try {
    const current = await place.queue.find(name);
    const isDue = current?.dueAt != null && Date.parse(current.dueAt) <= place.room.now().getTime();
    return isDue ? await tell(current, place, signal) : 'passed';
  } finally {
    await locks.release(lock, place.room.owner);
  }
}

async function tell(queued: Queued, { queue, room }: Place, signal: AbortSignal): Promise<Outcome> {
  const notice = await queue.notice(queued.name, signal);
  if (signal.aborted) return 'passed';
  if (notice === undefined) {
    await queue.postpone(queued.name, 'ever');
    return 'settled';
  }
  const { notifiedAt } = queued;
  const told: Notice = notifiedAt === null ? notice : { ...notice, toldAt: notifiedAt };
  const end = AbortSignal.any([signal, AbortSignal.timeout(deliveryMsMax)]);
  for (const transport of room.transports) {
    try {
      await transport.deliver(told, end);
    } catch (error) {
      return { transport: transport.name, error };
    }
  }
  await queue.markNotified(queued.name, room.renotifyMs);
  if (notifiedAt === null) room.onDelivered(queued.name, room.now().getTime() - Date.parse(queued.createdAt));
  return 'told';
}

/** Puts one off, so that one that nobody takes does not keep the others from being told. */
async function noteFailure(
  { name }: Queued,
  { transport, error }: Failure,
  { queue, room, state }: Place & Telling,
): Promise<'failed'> {
  const tries = (state.tries.get(name) ?? 0) + 1;
  state.tries.set(name, tries);
  state.failures++;
  await queue.postpone(name, tries < room.attempts ? backOffMs(tries) : backOffMsMax);
  room.onFailure(transport, error);
  return 'failed';
}

function backOffMs(failures: number): number {
  return Math.min(firstBackOffMs * 2 ** (failures - 1), backOffMsMax);
}

async function idleMs(queues: readonly Queue[], { now }: DeliveryRoom): Promise<number> {
  const times = await Promise.all(queues.map((queue) => queue.nextDue()));
  const next = Math.min(
    ...times.map((time) => (time === undefined ? Number.POSITIVE_INFINITY : Date.parse(time))),
  );
  // Another server may be telling what is due right now.
  return Math.min(Math.max(next - now().getTime(), firstBackOffMs), pollMs);
}
