import type { Kysely } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { Notification, NotificationStore } from '../notification-store.ts';
import type { PageRequest } from '../page.ts';
import { deliveryQueue } from './delivery-queue.ts';
import type { Engine } from './engine.ts';
import { lastNumbers, lockHandledEvents, setHandledEvents } from './handled-events.ts';
import { importNotifications } from './imported-notifications.ts';
import { pageNewestNotifications, readNotifications as read } from './list-notifications.ts';
import type { Namespaces } from './namespaces.ts';
import { type EventRow, splitEvents } from './notification-parts.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';
import { beginTransports } from './transport-starts.ts';
import { representedEvents, representUpdate } from './update-notifications.ts';

/** Returns the notifications of a store; `now` is in milliseconds since 1970. */
export function notificationStore(
  engine: Engine,
  { namespaces, now }: { readonly namespaces: Namespaces; readonly now: () => number },
): NotificationStore {
  const { db } = engine;
  return {
    createFromEvents: async (events) =>
      (await hasNewEvents(db))
        ? await engine.write((write) => createFromEvents(write, events, now()), 'own rows')
        : 0,
    beginTransports: (names) => engine.write((write) => beginTransports(write, names, now()), 'own rows'),
    takeOver: (feed, notifications) =>
      importNotifications(engine, feed, notifications, {
        namespaces,
        now: now(),
        handleEvents: async (db) => {
          while ((await createFromEvents(db, eventsAtATime, now())) === eventsAtATime);
        },
      }),
    find: async (name) => (await read(db, (query) => query.where('notification.name', '=', name)))[0],
    findDue: (limit) => findDue(db, limit, now()),
    pageNewest: (state, page) => pageNewestNotifications(db, state, page),
    resend: (name) => engine.write((write) => resend(write, name, now()), 'own rows'),
    findNextDue: () => findNextDue(db, now()),
    representUpdate: (name) => representUpdate(engine, name),
    pageOfUpdate: (name, page) => pageOfUpdate(db, name, page),
    ...deliveryQueue(engine, 'notification', now),
    markDeleted: (name) => engine.write((write) => markDeleted(write, name, now()), 'own rows'),
  };
}

/** Checks without writing, because it runs often and nearly always finds nothing. */
async function hasNewEvents(db: Kysely<Tables>): Promise<boolean> {
  const { event, notification } = await lastNumbers(db);
  return event > notification;
}

/** Number of events that are handled at a time before an import. */
const eventsAtATime = 500;

/** Number of rows per statement. */
const rowsAtATime = 100;

/** Creates the notifications of the events after the last handled one, and advances that counter, in one transaction. */
async function createFromEvents(db: Kysely<Tables>, limit: number, now: number): Promise<number> {
  const last = await lockHandledEvents(db);
  const newest = (await lastNumbers(db)).event;
  const events = await eventsAfter(db, last, limit);
  const rows = (await splitEvents(db, events)).map(({ event, namespace, old, new: is }) => ({
    name: crypto.randomUUID(),
    event_number: event,
    namespace_id: namespace,
    old_id: old,
    new_id: is,
    created_at: now,
    due_at: now,
  }));
  for (const some of splitIntoChunks(rows, rowsAtATime))
    await db.insertInto('notification').values(some).execute();
  // If no event is left, the events were deleted before they had notifications.
  await setHandledEvents(db, events.at(-1)?.number ?? newest);
  return events.length;
}

async function eventsAfter(db: Kysely<Tables>, number: number, limit: number): Promise<EventRow[]> {
  return await db
    .selectFrom('event')
    .selectAll()
    .where('number', '>', number)
    .orderBy('number')
    .limit(limit)
    .execute();
}

/** An idle server asks often, so it is one query. */
async function findNextDue(db: Kysely<Tables>, now: number): Promise<string | undefined> {
  const { change, batch, event, handled } = await db
    .selectNoFrom((eb) => {
      const earliest = (table: 'notification' | 'digest') =>
        eb.selectFrom(table).select((of) => of.fn.min<number | null>('due_at').as('next'));
      const counter = (name: string) =>
        eb.selectFrom('id_counter').select('last_id').where('name', '=', name);
      return [
        earliest('notification').as('change'),
        earliest('digest').as('batch'),
        counter('event').as('event'),
        counter('notification').as('handled'),
      ];
    })
    .executeTakeFirstOrThrow();
  if ((event ?? 0) > (handled ?? 0)) return isoTime(now);
  const due = [change, batch].filter((time) => time !== null);
  return due.length === 0 ? undefined : isoTime(Math.min(...due));
}

async function findDue(db: Kysely<Tables>, limit: number, now: number): Promise<Notification[]> {
  return await read(db, (query) =>
    query
      .where('notification.due_at', '<=', now)
      .orderBy('notification.due_at')
      .orderBy('notification.event_number')
      .orderBy('notification.name')
      .limit(limit),
  );
}

async function pageOfUpdate(
  db: Kysely<Tables>,
  name: string,
  { limit, after }: PageRequest<string>,
): Promise<Notification[] | undefined> {
  const events = await representedEvents(db, name);
  if (events === undefined) return undefined;
  const last = after === undefined ? undefined : await lastOfPage(db, after);
  return await read(db, (query) =>
    query
      .where('event_number', '>=', last?.event ?? events.first)
      .where('event_number', '<=', events.last)
      .where((eb) =>
        last === undefined
          ? eb.lit(true)
          : eb.or([eb('event_number', '>', last.event), eb('notification.name', '>', last.name)]),
      )
      .orderBy('event_number')
      .orderBy('notification.name')
      .limit(limit),
  );
}

async function lastOfPage(db: Kysely<Tables>, name: string): Promise<Pick<Notification, 'event' | 'name'>> {
  const [last] = await read(db, (query) => query.where('notification.name', '=', name));
  if (last === undefined) throw new ClairError('usage', `there is no notification ${name}`);
  return last;
}

async function resend(db: Kysely<Tables>, name: string, now: number): Promise<Notification | undefined> {
  await db
    .updateTable('notification')
    .set({ due_at: now, resent_at: now })
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .execute();
  return (await read(db, (query) => query.where('notification.name', '=', name)))[0];
}

async function markDeleted(db: Kysely<Tables>, name: string, now: number): Promise<boolean> {
  const { numUpdatedRows: updated } = await db
    .updateTable('notification')
    .set({ deleted_at: now, due_at: null })
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return updated > 0n;
}
