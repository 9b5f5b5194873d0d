import type { Expression, ExpressionBuilder, Kysely, SelectQueryBuilder, SqlBool } from 'kysely';
import { limits } from '../../core/limits.ts';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import type {
  NewestNotifications,
  Notification,
  NotificationPlace,
  NotificationState,
} from '../notification-store.ts';
import type { PageRequest } from '../page.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

type Query = SelectQueryBuilder<Tables, 'notification', object>;

/** Returns the notifications that a condition selects. */
export async function readNotifications(
  db: Kysely<Tables>,
  where: (query: Query) => Query,
): Promise<Notification[]> {
  const rows = await where(db.selectFrom('notification'))
    .innerJoin('event', 'event.number', 'notification.event_number')
    .innerJoin('feed', 'feed.id', 'event.feed_id')
    .leftJoin('namespace', 'namespace.id', 'notification.namespace_id')
    .selectAll('notification')
    .select(['feed.source', 'event.key', 'event.name as id', 'namespace.name as namespace'])
    .execute();
  return rows.map((row) => ({
    name: row.name,
    event: row.event_number,
    source: row.source,
    key: row.key,
    id: row.id,
    namespace: row.namespace,
    old: row.old_id,
    new: row.new_id,
    createdAt: isoTime(row.created_at),
    notifiedAt: isoTimeOrNull(row.notified_at),
    deletedAt: isoTimeOrNull(row.deleted_at),
    dueAt: isoTimeOrNull(row.due_at),
    resentAt: isoTimeOrNull(row.resent_at),
  }));
}

/** Returns a page of notifications, those of the newest events first. */
export async function pageNewestNotifications(
  db: Kysely<Tables>,
  state: NotificationState | undefined,
  { limit, after }: PageRequest<NotificationPlace>,
): Promise<NewestNotifications> {
  const read = db
    .selectFrom('notification')
    .select(['name', 'event_number', 'notified_at', 'deleted_at', 'due_at'])
    .$if(after !== undefined, (query) => query.where((eb) => isBehind(eb, after ?? [0, ''])))
    .orderBy('event_number', 'desc')
    .orderBy('name', 'desc')
    .limit(limits.listedEvents);
  const found = await db
    .selectFrom(read.as('notification'))
    .select(['name', 'event_number'])
    .$if(state !== undefined, (query) => query.where((eb) => isIn(eb, state ?? 'due')))
    .orderBy('event_number', 'desc')
    .orderBy('name', 'desc')
    .limit(limit + 1)
    .execute();
  const shown = found.slice(0, limit);
  const lastRead = read
    .clearLimit()
    .offset(limits.listedEvents - 1)
    .limit(1);
  const next = found.length > limit ? shown.at(-1) : await lastRead.executeTakeFirst();
  return {
    notifications: await inOrder(
      db,
      shown.map(({ name }) => name),
    ),
    ...(next !== undefined && { next: [next.event_number, next.name] }),
  };
}

type Condition = ExpressionBuilder<Tables, 'notification'>;

function isBehind(eb: Condition, [event, name]: NotificationPlace): Expression<SqlBool> {
  const isLaterOfEvent = eb.or([eb('event_number', '<', event), eb('name', '<', name)]);
  return eb.and([eb('event_number', '<=', event), isLaterOfEvent]);
}

/** Returns the condition for a state, as `stateOfNotification` decides on it. */
function isIn(
  eb: ExpressionBuilder<
    { notification: Pick<Tables['notification'], 'notified_at' | 'deleted_at' | 'due_at'> },
    'notification'
  >,
  state: NotificationState,
): Expression<SqlBool> {
  if (state === 'acknowledged') return eb('deleted_at', 'is not', null);
  const isOpen = eb('deleted_at', 'is', null);
  if (state === 'delivered') return eb.and([isOpen, eb('notified_at', 'is not', null)]);
  const isDue = eb('due_at', state === 'due' ? 'is not' : 'is', null);
  return eb.and([isOpen, eb('notified_at', 'is', null), isDue]);
}

async function inOrder(db: Kysely<Tables>, names: readonly string[]): Promise<Notification[]> {
  if (names.length === 0) return [];
  const read = await readNotifications(db, (query) =>
    query.where('notification.name', 'in', padToPowerOfTwo(names)),
  );
  const byName = new Map(read.map((one) => [one.name, one]));
  return names.flatMap((name) => byName.get(name) ?? []);
}
