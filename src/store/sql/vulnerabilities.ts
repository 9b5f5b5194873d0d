import type { Expression, Kysely, Selectable, SqlBool } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { KeyedAffected } from '../advisory-store.ts';
import type { FeedName } from '../feed-state.ts';
import type { PageRequest } from '../page.ts';
import type {
  FeedPart,
  NumberedId,
  StoredVulnerability,
  VulnerabilityStore,
} from '../vulnerability-store.ts';
import { fixOfRow, plainBytes, rangeOfRow, readConditions } from './affected-row.ts';
import type { Engine } from './engine.ts';
import { isValidAt, momentOf } from './history.ts';
import { readDetails } from './record.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

/** Returns the single records of a store. */
export function vulnerabilityStore({ db }: Pick<Engine, 'db'>, now: () => number): VulnerabilityStore {
  return {
    findByNumbers: (numbers) => findVulnerabilitiesByNumber(db, numbers),
    findNumbersById: async (id, at = {}) => await findNumbersByNames(db, [id], await momentOf(db, at, now())),
    findNumbersByNames: async (names, at = {}) =>
      await findNumbersByNames(db, names, await momentOf(db, at, now())),
    findByKeys: async (feed, keys, at = {}) =>
      await findByKeys(db, { ...feed, moment: await momentOf(db, at, now()) }, keys),
    findByIds: (namespace, ids) => findByIds(db, namespace, ids),
    pageByNamespace: (namespace, page) => pageByNamespace(db, namespace, page),
    pageByFeed: (part, page) => pageByFeed(db, part, page),
  };
}

/** Number of record numbers, keys or names per query. */
const numbersAtATime = 500;

/** Returns a condition on the rows of records that finds them by another index than that by record. */
export type RowCondition = (numbers: readonly number[]) => Expression<SqlBool>;

/** Returns records by their numbers, in the order of the numbers. `rowsOf` is for tables without an index of the rows by record. */
export async function findVulnerabilitiesByNumber(
  db: Kysely<Tables>,
  numbers: readonly number[],
  rowsOf?: RowCondition,
): Promise<StoredVulnerability[]> {
  const found: StoredVulnerability[] = [];
  const rising = [...new Set(numbers)].sort((a, b) => a - b);
  for (const some of splitIntoChunks(rising, numbersAtATime))
    found.push(...(await readSome(db, some, rowsOf?.(some))));
  return found;
}

async function readSome(
  db: Kysely<Tables>,
  numbers: readonly number[],
  condition: Expression<SqlBool> | undefined,
): Promise<StoredVulnerability[]> {
  const records = await db
    .selectFrom('vulnerability')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .selectAll('vulnerability')
    .select(['feed.source', 'feed.name as feed'])
    .where('vulnerability.id', 'in', numbers)
    .orderBy('vulnerability.id')
    .execute();
  let affected = db
    .selectFrom('affected')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .selectAll('affected')
    .select(['namespace.name as namespace', 'namespace.version_scheme'])
    .where('affected.vulnerability_id', 'in', numbers)
    .orderBy('affected.position');
  if (condition !== undefined) affected = affected.where(condition);
  const rows = await affected.execute();
  const rowsOf = Map.groupBy(rows, ({ vulnerability_id: id }) => id);
  return records.map((record) => toVulnerability(record, (rowsOf.get(record.id) ?? []).map(toAffected)));
}

type RecordRow = Selectable<Tables['vulnerability']> & { readonly source: string; readonly feed: string };

function toVulnerability(record: RecordRow, affected: readonly KeyedAffected[]): StoredVulnerability {
  const { aliases, description, links, cvss, modified, metadata, title, issued } = readDetails(
    record.details,
  );
  return {
    number: record.id,
    source: record.source,
    feed: record.feed,
    key: record.key,
    id: record.name,
    aliases,
    ...(description !== null && { description }),
    ...(title !== undefined && { title }),
    ...(issued !== undefined && { issued }),
    links,
    severity: record.severity,
    cvss,
    ...(modified !== null && { modified }),
    ...(metadata !== undefined && { metadata }),
    affected,
    validFrom: isoTime(record.valid_from),
    validTo: isoTimeOrNull(record.valid_to),
  };
}

type RowOfRecord = Selectable<Tables['affected']> & {
  readonly namespace: string;
  readonly version_scheme: string;
};

function toAffected(row: RowOfRecord): KeyedAffected {
  return {
    namespace: { name: row.namespace, versionScheme: row.version_scheme },
    package: row.package,
    range: rangeOfRow(row),
    fix: fixOfRow(row),
    ...(row.severity !== null && { severity: row.severity }),
    ...(row.conditions !== null && { only: readConditions(row.conditions) }),
    ...(row.is_keyed === 1 && { keys: { lo: plainBytes(row.lo), hi: plainBytes(row.hi) } }),
  };
}

async function findNumbersByNames(
  db: Kysely<Tables>,
  names: readonly string[],
  moment: number | undefined,
): Promise<number[]> {
  const numbers = new Set<number>();
  for (const some of splitIntoChunks([...new Set(names)], numbersAtATime)) {
    const byId = db
      .selectFrom('vulnerability')
      .select('id')
      .where('name', 'in', some)
      .where((eb) => isValidAt(eb, moment));
    const byAlias = db
      .selectFrom('alias')
      .innerJoin('vulnerability', 'vulnerability.id', 'alias.vulnerability_id')
      .select('vulnerability.id')
      .where('alias.name', 'in', some)
      .where((eb) => isValidAt(eb, moment));
    for (const { id } of await byId.union(byAlias).execute()) numbers.add(id);
  }
  return [...numbers].sort((a, b) => a - b);
}

async function findByKeys(
  db: Kysely<Tables>,
  { source, feed, moment }: FeedName & { readonly moment: number | undefined },
  keys: readonly string[],
): Promise<StoredVulnerability[]> {
  const numbers: number[] = [];
  for (const some of splitIntoChunks(keys, numbersAtATime)) {
    const rows = await db
      .selectFrom('vulnerability')
      .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
      .select('vulnerability.id')
      .where('feed.source', '=', source)
      .where('feed.name', '=', feed)
      .where('vulnerability.key', 'in', some)
      .where('vulnerability.kept_for', '=', 0)
      .where((eb) => isValidAt(eb, moment))
      .execute();
    numbers.push(...rows.map(({ id }) => id));
  }
  return await findVulnerabilitiesByNumber(db, numbers);
}

async function findByIds(
  db: Kysely<Tables>,
  namespace: string,
  ids: readonly string[],
): Promise<StoredVulnerability[]> {
  const numbers: number[] = [];
  for (const some of splitIntoChunks(ids, numbersAtATime)) {
    const rows = await db
      .selectFrom('vulnerability')
      .select('id')
      .where('name', 'in', some)
      .where('valid_to', 'is', null)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('affected')
            .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
            .select('affected.position')
            .whereRef('affected.vulnerability_id', '=', 'vulnerability.id')
            .where('namespace.name', '=', namespace),
        ),
      )
      .execute();
    numbers.push(...rows.map(({ id }) => id));
  }
  return await findVulnerabilitiesByNumber(db, numbers);
}

/** Reads through the records of the feeds that cover the namespace: few feeds, and nearly all their records cover it. */
async function pageByNamespace(
  db: Kysely<Tables>,
  namespace: string,
  { limit, after = 0 }: PageRequest<number>,
): Promise<NumberedId[]> {
  const feeds = await db
    .selectFrom('feed_namespace')
    .innerJoin('namespace', 'namespace.id', 'feed_namespace.namespace_id')
    .select(['feed_namespace.feed_id', 'feed_namespace.namespace_id'])
    .where('namespace.name', '=', namespace)
    .execute();
  const found: NumberedId[] = [];
  for (const { feed_id: feed, namespace_id: id } of feeds) {
    const rows = await db
      .selectFrom('vulnerability')
      .select(['vulnerability.id as number', 'vulnerability.name as id'])
      .where('vulnerability.feed_id', '=', feed)
      .where('vulnerability.valid_to', 'is', null)
      .where('vulnerability.id', '>', after)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('affected')
            .select('affected.position')
            .whereRef('affected.vulnerability_id', '=', 'vulnerability.id')
            .where('affected.namespace_id', '=', id),
        ),
      )
      .orderBy('vulnerability.id')
      .limit(limit)
      .execute();
    found.push(...rows);
  }
  return found.sort((a, b) => a.number - b.number).slice(0, limit);
}

/** Reads the page from the index of current records, which is sorted by key. */
async function pageByFeed(
  db: Kysely<Tables>,
  { source, feed, retainedFor }: FeedPart,
  { limit, after }: PageRequest<string>,
): Promise<StoredVulnerability[]> {
  let query = db
    .selectFrom('vulnerability')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .select('vulnerability.id')
    .where('feed.source', '=', source)
    .where('feed.name', '=', feed)
    .where('vulnerability.valid_to', 'is', null)
    .where('vulnerability.kept_for', '=', (eb) =>
      retainedFor === undefined
        ? eb.lit(0)
        : eb.selectFrom('namespace').select('namespace.id').where('namespace.name', '=', retainedFor),
    )
    .orderBy('vulnerability.key')
    .limit(limit);
  if (after !== undefined) query = query.where('vulnerability.key', '>', after);
  const numbers = (await query.execute()).map(({ id }) => id);
  const read = new Map(
    (await findVulnerabilitiesByNumber(db, numbers)).map((record) => [record.number, record]),
  );
  // Returns a record that was closed in between as well: rows of history stay.
  return numbers.flatMap((number) => read.get(number) ?? []);
}
