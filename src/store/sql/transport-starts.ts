import type { Kysely } from 'kysely';
import type { TransportStart } from '../notification-store.ts';
import { lastNumbers, lockHandledEvents, setHandledEvents } from './handled-events.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** Returns where transports begin, as `NotificationStore.beginTransports` does. `now` is in milliseconds since 1970. */
export async function beginTransports(
  db: Kysely<Tables>,
  names: readonly string[],
  now: number,
): Promise<TransportStart[]> {
  const handled = await lockHandledEvents(db);
  const rows = await db.selectFrom('transport_start').selectAll().execute();
  const known = new Set(rows.map(({ transport }) => transport));
  const unseen = names.filter((name) => !known.has(name));
  // A database of an earlier version has delivered, and does not say by which transports.
  const getsAll = rows.length === 0 && handled > 0;
  const afterEvent = getsAll ? 0 : (await lastNumbers(db)).event;
  const skipped = getsAll || unseen.length === 0 ? 0 : await countUndelivered(db, handled);
  // Without an earlier transport, a notification of these events has no receiver.
  if (rows.length === 0 && !getsAll) await setHandledEvents(db, afterEvent);
  const added = unseen.map((transport) => ({ transport, after_event: afterEvent, seen_at: now }));
  if (added.length > 0) await db.insertInto('transport_start').values(added).execute();
  return [
    ...rows.filter(({ transport }) => names.includes(transport)).map(toStart),
    ...added.map((row) => ({ ...toStart(row), skipped })),
  ];
}

function toStart(row: Tables['transport_start']): TransportStart {
  return { transport: row.transport, afterEvent: row.after_event, seenAt: isoTime(row.seen_at) };
}

/** Counts the notifications that are due now or later, and the events without notifications. */
async function countUndelivered(db: Kysely<Tables>, handled: number): Promise<number> {
  const { due, events } = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('notification')
        .select((of) => of.fn.countAll<number>().as('count'))
        .where('due_at', 'is not', null)
        .as('due'),
      eb
        .selectFrom('event')
        .select((of) => of.fn.countAll<number>().as('count'))
        .where('number', '>', handled)
        .as('events'),
    ])
    .executeTakeFirstOrThrow();
  return Number(due) + Number(events);
}
