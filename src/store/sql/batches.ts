import { hash } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { BatchItem, BatchStore, NotificationBatch, StoredBatchContent } from '../batch-store.ts';
import { findImageNames } from './affected-details.ts';
import { deliveryQueue } from './delivery-queue.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

/** Returns the notification batches of a store; `now` is in milliseconds since 1970. */
export function batchStore(engine: Engine, now: () => number): BatchStore {
  const { db } = engine;
  return {
    // Excludes `close`, so no batch is closed meanwhile.
    add: (notification, items, windowMs) =>
      engine.write((write) => add(write, items, { notification, now: now(), due: now() + windowMs })),
    find: async (name) => (await read(db).where('name', '=', name).execute()).map(toBatch)[0],
    close: (name) => engine.write((write) => close(write, name), 'own rows'),
    findDue: async (limit) =>
      (
        await read(db).where('due_at', '<=', now()).orderBy('due_at').orderBy('name').limit(limit).execute()
      ).map(toBatch),
    ...deliveryQueue(engine, 'digest', now),
    markDeleted: (name) => engine.write((write) => markDeleted(write, name, now()), 'own rows'),
  };
}

interface Addition {
  readonly notification: string;
  readonly now: number;
  readonly due: number;
}

/** Number of rows per statement. */
const rowsAtATime = 100;

async function add(db: Kysely<Tables>, items: readonly BatchItem[], addition: Addition): Promise<void> {
  for (const some of splitIntoChunks(items, rowsAtATime)) await addSome(db, some, addition);
}

async function addSome(
  db: Kysely<Tables>,
  items: readonly BatchItem[],
  { notification, now, due }: Addition,
): Promise<void> {
  const rows = items.map(({ image, packages, fix }) => {
    const content = JSON.stringify({ packages, fix });
    return { notification, image_id: image, hash: hash('sha256', content), content };
  });
  const known = await db
    .selectFrom('digest_item')
    .select(['image_id', 'hash'])
    .where('notification', '=', notification)
    .where('image_id', 'in', [...new Set(rows.map((row) => row.image_id))])
    .execute();
  const isKnown = new Set(known.map((row) => `${row.image_id} ${row.hash}`));
  const added = rows.filter((row) => !isKnown.has(`${row.image_id} ${row.hash}`));
  if (added.length === 0) return;
  const open = await findOrCreateOpenBatches(db, [...new Set(added.map((row) => row.image_id))], {
    now,
    due,
  });
  const assigned = added.flatMap((row) => ({ ...row, digest: open.get(row.image_id) ?? '' }));
  await db.insertInto('digest_item').values(assigned).execute();
}

/** Returns the names of the open batches of images. Creates missing ones. */
async function findOrCreateOpenBatches(
  db: Kysely<Tables>,
  images: readonly number[],
  { now, due }: Pick<Addition, 'now' | 'due'>,
): Promise<ReadonlyMap<number, string>> {
  const found = await db
    .selectFrom('digest')
    .select(['image_id', 'name'])
    .where('image_id', 'in', images)
    .where('is_open', '=', 1)
    .execute();
  const open = new Map(found.map((row) => [row.image_id, row.name]));
  const made = images
    .filter((image) => !open.has(image))
    .map((image) => ({
      name: crypto.randomUUID(),
      image_id: image,
      is_open: 1,
      created_at: now,
      due_at: due,
    }));
  if (made.length > 0) await db.insertInto('digest').values(made).execute();
  return new Map([...open, ...made.map((row) => [row.image_id, row.name] as const)]);
}

async function close(db: Kysely<Tables>, name: string): Promise<StoredBatchContent | undefined> {
  const batch = await db
    .updateTable('digest')
    .set({ is_open: 0 })
    .where('name', '=', name)
    .returning('image_id')
    .executeTakeFirst();
  if (batch === undefined) return undefined;
  const { identity } = await db
    .selectFrom('image')
    .select('identity')
    .where('id', '=', batch.image_id)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('digest_item')
    .innerJoin('notification', 'notification.name', 'digest_item.notification')
    .select(['digest_item.notification', 'digest_item.content'])
    .where('digest', '=', name)
    .orderBy('notification.event_number')
    .orderBy('digest_item.notification')
    .orderBy('digest_item.hash')
    .execute();
  const names = await findImageNames(db, batch.image_id);
  const items = rows.map(({ notification, content }) => ({ notification, ...readContent(content) }));
  return { identity, names, items };
}

function readContent(text: string): Pick<BatchItem, 'packages' | 'fix'> {
  // The text was written by `add`, so it needs no validation.
  return JSON.parse(text) as Pick<BatchItem, 'packages' | 'fix'>;
}

function read(db: Kysely<Tables>) {
  return db.selectFrom('digest').selectAll();
}

function toBatch(row: Selectable<Tables['digest']>): NotificationBatch {
  return {
    name: row.name,
    image: row.image_id,
    createdAt: isoTime(row.created_at),
    notifiedAt: isoTimeOrNull(row.notified_at),
    deletedAt: isoTimeOrNull(row.deleted_at),
    dueAt: isoTimeOrNull(row.due_at),
  };
}

async function markDeleted(db: Kysely<Tables>, name: string, now: number): Promise<boolean> {
  const { numUpdatedRows: updated } = await db
    .updateTable('digest')
    .set({ deleted_at: now, due_at: null, is_open: 0 })
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return updated > 0n;
}
