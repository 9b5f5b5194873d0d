import type { Kysely } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { FixRow } from '../event-store.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

/** Number of ids per query. */
const idsAtATime = 500;

/**
 * Returns when an update first brought each fix, in the order of the rows. Undefined if no event did, such as for a fix of the first load.
 * `moment` hides later events, in milliseconds since 1970.
 */
export async function findFixTimes(
  db: Kysely<Tables>,
  rows: readonly FixRow[],
  moment: number | undefined,
): Promise<(string | undefined)[]> {
  const times = new Map<string, number>();
  for (const ids of splitIntoChunks([...new Set(rows.map(({ id }) => id))], idsAtATime))
    for (const row of await timesOf(db, ids)) {
      const key = keyOf(row);
      if (moment === undefined || row.at <= moment)
        times.set(key, Math.min(times.get(key) ?? row.at, row.at));
    }
  return rows.map((row) => {
    const at = times.get(keyOf(row));
    return at === undefined ? undefined : isoTime(at);
  });
}

function keyOf({ source, id, namespace, package: name, version }: FixRow): string {
  return JSON.stringify([source, id, namespace, name, version]);
}

interface TimedRow extends FixRow {
  readonly at: number;
}

/** Returns the fixes of events that no earlier form of their record has. */
async function timesOf(db: Kysely<Tables>, ids: readonly string[]): Promise<TimedRow[]> {
  const rows = await db
    .selectFrom('vulnerability')
    .innerJoin('event', 'event.new_id', 'vulnerability.id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .innerJoin('affected', 'affected.vulnerability_id', 'vulnerability.id')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .select(['event.at', 'feed.source', 'vulnerability.name as id', 'namespace.name as namespace'])
    .select(['affected.package', 'affected.fix_version as version'])
    .where('vulnerability.name', 'in', ids)
    .where('affected.fix_state', '=', 'fixed')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('vulnerability as earlier')
            .innerJoin('affected as known', 'known.vulnerability_id', 'earlier.id')
            .select('earlier.id')
            .whereRef('earlier.feed_id', '=', 'vulnerability.feed_id')
            .whereRef('earlier.key', '=', 'vulnerability.key')
            .whereRef('earlier.id', '<', 'vulnerability.id')
            .whereRef('known.namespace_id', '=', 'affected.namespace_id')
            .whereRef('known.package', '=', 'affected.package')
            .where('known.fix_state', '=', 'fixed')
            .whereRef('known.fix_version', '=', 'affected.fix_version'),
        ),
      ),
    )
    .execute();
  return rows.flatMap(({ version, ...row }) => (version === null ? [] : [{ ...row, version }]));
}
