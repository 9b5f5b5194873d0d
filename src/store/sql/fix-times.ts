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

/** Returns the fixes of events that no earlier form of their record has. Each step reads by an index, and most ids have no event. */
async function timesOf(db: Kysely<Tables>, ids: readonly string[]): Promise<TimedRow[]> {
  const forms = await formsOf(db, ids);
  const times = await eventTimesOf(db, forms);
  const changed = new Set(forms.filter(({ id }) => times.has(id)).map(recordOf));
  const read = forms.filter((form) => changed.has(recordOf(form)));
  const fixes = Map.groupBy(await fixesOf(db, read), ({ form }) => form);
  const known = new Set<string>();
  return read.flatMap((form) =>
    (fixes.get(form.id) ?? []).flatMap(({ namespace, package: name, version }) => {
      const row = { source: form.source, id: form.name, namespace, package: name, version };
      const key = `${recordOf(form)} ${keyOf(row)}`;
      const at = known.has(key) ? undefined : times.get(form.id);
      known.add(key);
      return at === undefined ? [] : [{ ...row, at }];
    }),
  );
}

/** A form of a record, current or earlier. */
interface RecordForm {
  readonly id: number;
  readonly name: string;
  readonly key: string;
  readonly feed: number;
  readonly source: string;
}

function recordOf({ feed, key }: RecordForm): string {
  return `${feed} ${key}`;
}

/** Returns all forms of records by the names of these, the earliest first. */
async function formsOf(db: Kysely<Tables>, names: readonly string[]): Promise<RecordForm[]> {
  return await db
    .selectFrom('vulnerability')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .select(['vulnerability.id', 'vulnerability.name', 'vulnerability.key', 'feed.id as feed', 'feed.source'])
    .where('vulnerability.name', 'in', names)
    .orderBy('vulnerability.id')
    .execute();
}

/** Returns the times of the events that brought forms, by their numbers. */
async function eventTimesOf(
  db: Kysely<Tables>,
  forms: readonly RecordForm[],
): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>();
  for (const some of splitIntoChunks(forms, idsAtATime)) {
    const ids = some.map(({ id }) => id);
    const rows = await db.selectFrom('event').select(['new_id', 'at']).where('new_id', 'in', ids).execute();
    for (const { new_id: id, at } of rows) if (id !== null) times.set(id, at);
  }
  return times;
}

interface FixOfForm extends Pick<FixRow, 'namespace' | 'package' | 'version'> {
  readonly form: number;
}

/** Returns the fixed rows of forms. */
async function fixesOf(db: Kysely<Tables>, forms: readonly RecordForm[]): Promise<FixOfForm[]> {
  const fixes: FixOfForm[] = [];
  for (const some of splitIntoChunks(forms, idsAtATime)) {
    const ids = some.map(({ id }) => id);
    const rows = await db
      .selectFrom('affected')
      .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
      .select(['affected.vulnerability_id as form', 'namespace.name as namespace', 'affected.package'])
      .select('affected.fix_version as version')
      .where('affected.vulnerability_id', 'in', ids)
      .where('affected.fix_state', '=', 'fixed')
      .execute();
    fixes.push(...rows.flatMap(({ version, ...row }) => (version === null ? [] : [{ ...row, version }])));
  }
  return fixes;
}
