import type { Transport } from '../plugin/transport.ts';
import type { Notification, Store } from '../store/store.ts';
import type { AffectedRoom } from './affected.ts';
import { noticeOf, sidesOf } from './notice.ts';
import { isWanted, type NoticeFilter } from './notice-filter.ts';

/** What telling needs. */
export interface DeliveryRoom extends AffectedRoom {
  readonly store: AffectedRoom['store'] & Pick<Store, 'notifications' | 'locks'>;
  /** Each is told everything; a notification is told when all of them have taken it. */
  readonly transports: readonly Transport[];
  readonly filter: NoticeFilter;
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
  readonly onDelivered: (notification: Notification, sinceCreatedMs: number) => void;
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
    const outcome = await tellDue(room, state, signal);
    return outcome === 'idle' ? { idleMs: await idleMs(room) } : outcome;
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

/** Tells what is due until there is nothing, or something fails. */
async function tellDue(
  room: DeliveryRoom,
  state: State,
  signal: AbortSignal,
): Promise<'told' | 'failed' | 'idle'> {
  const due = await room.store.notifications.due(notificationsAtATime);
  let told = 0;
  for (const notification of due) {
    if (signal.aborted) break;
    const outcome = await tellAlone(notification, room, signal);
    if (outcome === 'passed') continue;
    if (outcome !== 'told') return await noteFailure(notification, outcome, { room, state });
    told++;
    state.failures = 0;
    state.tries.delete(notification.name);
  }
  return told > 0 ? 'told' : 'idle';
}

/** What a transport threw, and which one. */
interface Failure {
  readonly transport: string;
  readonly error: unknown;
}

/** Tells a notification while no other server does; of two that found it due, the second passes it by. */
async function tellAlone(
  { name }: Notification,
  room: DeliveryRoom,
  signal: AbortSignal,
): Promise<'told' | 'passed' | Failure> {
  const { locks, notifications } = room.store;
  const lock = `notification ${name}`;
  if (!(await locks.acquire(lock, room.owner, lockMs))) return 'passed';
  try {
    const current = await notifications.find(name);
    const isDue = current?.dueAt != null && Date.parse(current.dueAt) <= room.now().getTime();
    return isDue ? await tell(current, room, signal) : 'passed';
  } finally {
    await locks.release(lock, room.owner);
  }
}

async function tell(
  notification: Notification,
  room: DeliveryRoom,
  signal: AbortSignal,
): Promise<'told' | 'passed' | Failure> {
  const { notifications } = room.store;
  const sides = await sidesOf(notification, room);
  if (!isWanted(notification, sides, room.filter)) {
    await notifications.postpone(notification.name, 'ever');
    return 'passed';
  }
  const notice = noticeOf(notification, sides, room);
  const end = AbortSignal.any([signal, AbortSignal.timeout(deliveryMsMax)]);
  for (const transport of room.transports) {
    try {
      await transport.deliver(notice, end);
    } catch (error) {
      return { transport: transport.name, error };
    }
  }
  await notifications.markNotified(notification.name, room.renotifyMs);
  if (notification.notifiedAt === null)
    room.onDelivered(notification, room.now().getTime() - Date.parse(notification.createdAt));
  return 'told';
}

/** Puts a notification off, so that one that nobody takes does not keep the others from being told. */
async function noteFailure(
  { name }: Notification,
  { transport, error }: Failure,
  { room, state }: { readonly room: DeliveryRoom; readonly state: State },
): Promise<'failed'> {
  const tries = (state.tries.get(name) ?? 0) + 1;
  state.tries.set(name, tries);
  state.failures++;
  await room.store.notifications.postpone(name, tries < room.attempts ? backOffMs(tries) : backOffMsMax);
  room.onFailure(transport, error);
  return 'failed';
}

function backOffMs(failures: number): number {
  return Math.min(firstBackOffMs * 2 ** (failures - 1), backOffMsMax);
}

async function idleMs({ store, now }: DeliveryRoom): Promise<number> {
  const next = await store.notifications.nextDue();
  if (next === undefined) return pollMs;
  // Another server may be telling what is due right now.
  return Math.min(Math.max(Date.parse(next) - now().getTime(), firstBackOffMs), pollMs);
}
