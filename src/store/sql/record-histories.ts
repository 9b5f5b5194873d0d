import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../kit/collections.ts';
import type { AdvisoryEvent, RecordHistory } from '../event-store.ts';
import { toAdvisoryEvent } from './list-events.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** Number of forms of records that are read. Older ones count as if the history did not have them. */
const formsMax = 2000;
const formsAtATime = 500;

/** Returns the histories of the records with these ids, as far as the database has them. */
export async function findRecordHistories(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<RecordHistory[]> {
  if (ids.length === 0) return [];
  const forms = await db
    .selectFrom('vulnerability')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .select(['vulnerability.id', 'vulnerability.key', 'vulnerability.valid_from as from'])
    .select(['feed.source', 'feed.name as feed'])
    .where('vulnerability.name', 'in', padToPowerOfTwo(ids))
    .orderBy('vulnerability.id', 'desc')
    .limit(formsMax)
    .execute();
  const events = await eventsOfForms(
    db,
    forms.map(({ id }) => id),
  );
  const byKey = Map.groupBy(events, keyOf);
  return [...Map.groupBy(forms, keyOf)].flatMap(([key, same]) => {
    const [first] = same;
    if (first === undefined) return [];
    const { source, feed } = first;
    const since = isoTime(Math.min(...same.map(({ from }) => from)));
    return [{ source, feed, key: first.key, since, events: byKey.get(key) ?? [] }];
  });
}

function keyOf({ source, feed, key }: Pick<RecordHistory, 'source' | 'feed' | 'key'>): string {
  return JSON.stringify([source, feed, key]);
}

/** Returns the events that made or ended these forms, the newest first. */
async function eventsOfForms(db: Kysely<Tables>, forms: readonly number[]): Promise<AdvisoryEvent[]> {
  const events = new Map<number, AdvisoryEvent>();
  for (const some of splitIntoChunks(forms, formsAtATime))
    for (const column of ['event.old_id', 'event.new_id'] as const) {
      const rows = await db
        .selectFrom('event')
        .innerJoin('feed', 'feed.id', 'event.feed_id')
        .selectAll('event')
        .select(['feed.source', 'feed.name as feed'])
        .where(column, 'in', padToPowerOfTwo(some))
        .execute();
      for (const row of rows) events.set(row.number, toAdvisoryEvent(row));
    }
  return [...events.values()].sort((a, b) => b.number - a.number);
}
