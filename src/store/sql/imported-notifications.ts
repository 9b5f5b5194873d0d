import type { Kysely } from 'kysely';
import type { FeedName } from '../feed-state.ts';
import type { ImportedNotification } from '../notification-store.ts';
import { BulkWriter } from './bulk-writer.ts';
import type { Engine, EngineConnection } from './engine.ts';
import { findFeed } from './feeds.ts';
import { allocateNumbers } from './id-counter.ts';
import { MemoryStaging } from './memory-staging.ts';
import type { Namespaces } from './namespaces.ts';
import { hashOf, writeDetails } from './record.ts';
import { insertRecords } from './record-rows.ts';
import type { Tables } from './schema.ts';

/** Dependencies of `importNotifications`. */
export interface ImportDeps {
  readonly namespaces: Namespaces;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Creates the notifications of all events so far. */
  readonly handleEvents: (db: Kysely<Tables>) => Promise<void>;
}

/** Saves the notifications whose names are unknown, in one transaction. Returns their number. */
export async function importNotifications(
  engine: Engine,
  feed: FeedName,
  notifications: readonly ImportedNotification[],
  deps: ImportDeps,
): Promise<number> {
  // A transaction may run again and must not add namespaces.
  for (const { namespace } of notifications) await deps.namespaces.findOrCreateNumber(engine, namespace);
  return await engine.write(async (db) => {
    const unknown = await unknownOf(db, notifications);
    if (unknown.length === 0) return 0;
    const found = await findFeed(db, feed);
    if (found === undefined) throw new Error(`the feed ${feed.source} does not exist`);
    await deps.handleEvents(db);
    const session: EngineConnection = {
      db,
      write: (work) => work(db),
      bulkWriter: (on, table, columns) => new BulkWriter(on, table, columns),
    };
    await saveAll({ ...deps, session, feedId: found.id }, unknown);
    return unknown.length;
  });
}

async function unknownOf(
  db: Kysely<Tables>,
  notifications: readonly ImportedNotification[],
): Promise<readonly ImportedNotification[]> {
  if (notifications.length === 0) return [];
  const names = notifications.map(({ name }) => name);
  const rows = await db.selectFrom('notification').select('name').where('name', 'in', names).execute();
  const known = new Set(rows.map(({ name }) => name));
  return notifications.filter(({ name }) => !known.has(name));
}

interface SaveContext extends ImportDeps {
  readonly session: EngineConnection;
  readonly feedId: number;
}

async function saveAll(context: SaveContext, notifications: readonly ImportedNotification[]): Promise<void> {
  const { session, namespaces, feedId, now } = context;
  const { db } = session;
  const staging = new MemoryStaging(session, namespaces);
  const positions = new Map<object, number>();
  for (const { old, new: is } of notifications)
    for (const side of [old, is]) {
      if (side === null) continue;
      const details = writeDetails(side);
      await staging.add(side, hashOf(side, details), details);
      positions.set(side, staging.count);
    }
  const before = await insertRecords(db, { staging, feedId, at: now });
  // They are valid at no time: only the notifications have them.
  await db
    .updateTable('vulnerability')
    .set({ valid_to: now })
    .where('id', '>', before)
    .where('id', '<=', before + staging.count)
    .execute();
  const numberOf = (side: object | null): number | null => {
    const position = side === null ? undefined : positions.get(side);
    return position === undefined ? null : before + position;
  };
  const first = await insertEvents(context, notifications);
  const rows = [];
  for (const [i, { name, namespace, createdAt, notifiedAt, old, new: is }] of notifications.entries())
    rows.push({
      name,
      event_number: first + i,
      old_id: numberOf(old),
      new_id: numberOf(is),
      due_at: now,
      namespace_id: await staging.numberOf(namespace),
      created_at: createdAt.getTime(),
      notified_at: notifiedAt?.getTime() ?? null,
    });
  await db.insertInto('notification').values(rows).execute();
}

/** Inserts an event without sides for each notification, as one that is handled. Returns the number of the first one. */
async function insertEvents(
  { session: { db }, feedId, now }: SaveContext,
  notifications: readonly ImportedNotification[],
): Promise<number> {
  const before = await allocateNumbers(db, 'event', notifications.length);
  const rows = notifications.map(({ id, name, old, new: is }, i) => ({
    number: before + i + 1,
    at: now,
    feed_id: feedId,
    key: `notification\n${name}`,
    name: id,
    kind: kindOf(old, is),
    changed: '',
    old_id: null,
    new_id: null,
  }));
  await db.insertInto('event').values(rows).execute();
  await db
    .updateTable('id_counter')
    .set({ last_id: before + notifications.length })
    .where('name', '=', 'notification')
    .execute();
  return before + 1;
}

function kindOf(old: object | null, is: object | null): 'new' | 'changed' | 'withdrawn' {
  if (old === null) return 'new';
  return is === null ? 'withdrawn' : 'changed';
}
