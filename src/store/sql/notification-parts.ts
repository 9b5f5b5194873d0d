import type { Kysely, Selectable } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import { compareText } from '../../model/order.ts';
import type { StoredVulnerability } from '../vulnerability-store.ts';
import type { Tables } from './schema.ts';
import { significantChanges } from './significant-changes.ts';
import { findVulnerabilitiesByNumber } from './vulnerabilities.ts';

/** An event as a row. */
export type EventRow = Selectable<Tables['event']>;

/** The part of an event about one namespace. */
export interface EventPart {
  readonly event: number;
  /** Number of the namespace; null if the records of the event cover none. */
  readonly namespace: number | null;
  readonly old: number | null;
  readonly new: number | null;
}

/**
 * Returns the parts of events, in their order. A record that covers several namespaces gives a part for each in which it changed.
 * A part that is or was retained for a namespace replaces the record there. A record that only ever covers one namespace gives
 * one part.
 */
export async function splitEvents(db: Kysely<Tables>, events: readonly EventRow[]): Promise<EventPart[]> {
  const numbers = events.flatMap(({ old_id: old, new_id: is }) => [old, is]).filter((id) => id !== null);
  const records = new Map(
    (await findVulnerabilitiesByNumber(db, numbers)).map((record) => [record.number, record]),
  );
  const retained = await findRetainedForms(db, [...records.values()]);
  const namespaces = await numbersOfNamespaces(db);
  return events.flatMap((event) => {
    const sides = [
      sideOf(event, { records, retained }, 'old'),
      sideOf(event, { records, retained }, 'new'),
    ] as const;
    return splitEvent(event, sides).map(({ namespace, ...part }) => ({
      ...part,
      event: event.number,
      namespace: namespace === null ? null : (namespaces.get(namespace) ?? null),
    }));
  });
}

type Sided = Omit<EventPart, 'namespace' | 'event'> & { readonly namespace: string | null };

function splitEvent({ old_id: old, new_id: is }: EventRow, [before, after]: readonly [Side, Side]): Sided[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  const [only = null] = names;
  if (names.length < 2) return [{ namespace: only, old, new: is }];
  const parts = names.flatMap((namespace) => {
    const [was, now] = [before.get(namespace), after.get(namespace)];
    const isSame = was !== undefined && now !== undefined && isSameFor(namespace, was, now);
    return isSame ? [] : [{ namespace, old: was?.number ?? null, new: now?.number ?? null }];
  });
  return parts.length > 0 ? parts : [{ namespace: null, old, new: is }];
}

function isSameFor(namespace: string, was: StoredVulnerability, now: StoredVulnerability): boolean {
  const of = (record: StoredVulnerability): StoredVulnerability => ({
    ...record,
    affected: record.affected.filter((row) => row.namespace.name === namespace),
  });
  return significantChanges([of(was)], [of(now)]).length === 0;
}

/** The record that covers each namespace, before or after an event. */
type Side = ReadonlyMap<string, StoredVulnerability>;

interface PartContext {
  readonly records: ReadonlyMap<number, StoredVulnerability>;
  readonly retained: readonly RetainedForm[];
}

function sideOf(event: EventRow, { records, retained }: PartContext, side: 'old' | 'new'): Side {
  const number = side === 'old' ? event.old_id : event.new_id;
  const record = number === null ? undefined : records.get(number);
  const forms = retained
    .filter((form) => form.feedId === event.feed_id && form.record.key === event.key)
    .filter((form) => (side === 'old' ? form.validTo : form.validFrom) === event.at)
    .map((form) => form.record);
  return new Map(
    [...forms, ...(record === undefined ? [] : [record])].flatMap((form) =>
      form.affected.map((row) => [row.namespace.name, form] as const),
    ),
  );
}

/** A part of a record that is or was retained for a namespace, and its validity. */
interface RetainedForm {
  readonly record: StoredVulnerability;
  readonly feedId: number;
  readonly validFrom: number;
  readonly validTo: number | null;
}

/** Number of names per query. */
const namesAtATime = 500;

/** Returns all parts that are or were retained of records of the same names; nearly always none. */
async function findRetainedForms(
  db: Kysely<Tables>,
  records: readonly StoredVulnerability[],
): Promise<RetainedForm[]> {
  const names = [...new Set(records.map(({ id }) => id))];
  const rows = [];
  for (const some of splitIntoChunks(names, namesAtATime))
    rows.push(
      ...(await db
        .selectFrom('vulnerability')
        .select(['id', 'feed_id', 'valid_from', 'valid_to'])
        .where('name', 'in', some)
        .where('kept_for', '<>', 0)
        .execute()),
    );
  const read = await findVulnerabilitiesByNumber(
    db,
    rows.map(({ id }) => id),
  );
  const byNumber = new Map(read.map((record) => [record.number, record]));
  return rows.flatMap(({ id, feed_id: feedId, valid_from: validFrom, valid_to: validTo }) => {
    const record = byNumber.get(id);
    return record === undefined ? [] : [{ record, feedId, validFrom, validTo }];
  });
}

async function numbersOfNamespaces(db: Kysely<Tables>): Promise<Map<string, number>> {
  const rows = await db.selectFrom('namespace').select(['name', 'id']).execute();
  return new Map(rows.map(({ name, id }) => [name, id]));
}
