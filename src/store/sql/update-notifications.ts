import type { Kysely } from 'kysely';
import type { Engine } from './engine.ts';
import { readValue } from './key-values.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** Begins the keys of updates that a notification represents. The time follows, so that old ones can be deleted. */
const keyPrefix = 'store/notified-update/';

/** The events of one application of a feed. Their numbers follow one another, because one transaction wrote them. */
export interface UpdateEvents {
  readonly first: number;
  readonly last: number;
}

/** Makes a notification represent the update that its event belongs to, unless another one does. Returns the name of the one that does. */
export async function representUpdate(engine: Engine, name: string): Promise<string> {
  const update = await updateOf(engine.db, name);
  if (update === undefined) return name;
  const key = keyOf(update);
  const known = await readValue(engine.db, key);
  if (known !== undefined) return known;
  return await engine.write(async (db) => {
    await db
      .insertInto('key_value')
      .values({ key, value: name })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
    return (await readValue(db, key)) ?? name;
  }, 'own rows');
}

/** Returns the events of the update that a notification represents. Undefined if it represents none. */
export async function representedEvents(db: Kysely<Tables>, name: string): Promise<UpdateEvents | undefined> {
  const update = await updateOf(db, name);
  if (update === undefined || (await readValue(db, keyOf(update))) !== name) return undefined;
  return await eventsOf(db, update);
}

/** Deletes what is known of updates before a time. */
export async function dropRepresentations(db: Kysely<Tables>, before: number): Promise<void> {
  await db
    .deleteFrom('key_value')
    .where('key', '>', keyPrefix)
    .where('key', '<', keyPrefix + isoTime(before))
    .execute();
}

/** An application of a feed, with one of its events. */
interface Update {
  readonly number: number;
  readonly feed_id: number;
  readonly at: number;
}

async function updateOf(db: Kysely<Tables>, name: string): Promise<Update | undefined> {
  return await db
    .selectFrom('notification')
    .innerJoin('event', 'event.number', 'notification.event_number')
    .select(['event.number', 'event.feed_id', 'event.at'])
    .where('notification.name', '=', name)
    .executeTakeFirst();
}

function keyOf({ feed_id: feed, at }: Update): string {
  return `${keyPrefix}${isoTime(at)} ${feed}`;
}

async function eventsOf(db: Kysely<Tables>, { number, feed_id: feed, at }: Update): Promise<UpdateEvents> {
  const others = db
    .selectFrom('event')
    .select('number')
    .where((eb) => eb.or([eb('feed_id', '<>', feed), eb('at', '<>', at)]))
    .limit(1);
  const before = await others.where('number', '<', number).orderBy('number', 'desc').executeTakeFirst();
  const after = await others.where('number', '>', number).orderBy('number').executeTakeFirst();
  return {
    first: (before?.number ?? 0) + 1,
    last: (after?.number ?? Number.MAX_SAFE_INTEGER) - 1,
  };
}
