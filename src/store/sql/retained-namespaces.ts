import { type Kysely, type Selectable, sql } from 'kysely';
import type { Namespace } from '../../model/namespace.ts';
import type { FeedUpdate } from '../advisory-store.ts';
import type { EngineConnection } from './engine.ts';
import type { FeedDiff } from './feed-diff.ts';
import { isWhole } from './feed-update.ts';
import type { FeedRow } from './feeds.ts';
import { allocateNumbers } from './id-counter.ts';
import type { Tables } from './schema.ts';
import type { Staging } from './staging.ts';
import { affectedColumns } from './staging-tables.ts';

/**
 * A release at its end of life vanishes from the feed of its vendor, but images of it are still in use. So if a feed no longer
 * covers a namespace, its last records of the namespace stay current. If a record covered several namespaces, its rows of the
 * vanished one become a retained part, marked with the namespace. The record itself changes independently. A part does not belong
 * to the feed: later updates do not compare it and cost nothing. It ends when the feed covers the namespace again.
 */
export interface NamespaceChange {
  /** Namespaces that the feed covered once and does not cover now, and of which the stream has no retained records. */
  readonly gone: readonly number[];
  /** Namespaces that it covered until now. */
  readonly vanished: readonly number[];
  /** Retained namespaces that the feed covers again. */
  readonly returned: readonly number[];
  /** Namespaces that it never covered before. */
  readonly added: readonly number[];
  /** Those of `added` that it does not cover now: another store has retained their records. */
  readonly addedRetained: readonly number[];
}

/** Returns how compared content changes the namespaces of its feed. */
export async function findNamespaceChange(
  connection: EngineConnection,
  staging: Staging,
  { feed, update, comparison }: { feed: FeedRow | undefined; update: FeedUpdate; comparison: FeedDiff },
): Promise<NamespaceChange> {
  const known = feed === undefined ? [] : await namespacesOf(connection.db, feed.id);
  const numbersOf = async (byName: ReadonlyMap<string, Namespace>): Promise<Set<number>> => {
    const ids = new Set<number>();
    for (const namespace of byName.values()) ids.add(await staging.numberOf(namespace));
    return ids;
  };
  const retained = await numbersOf(comparison.retainedNamespaces);
  const covered = await numbersOf(comparison.namespaces);
  const knownIds = new Set(known.map(({ namespace_id: id }) => id));
  const added = [...covered].filter((id) => !knownIds.has(id) && !retained.has(id));
  const addedRetained = [...retained].filter((id) => !knownIds.has(id));
  if (!isWhole(update)) return { gone: [], vanished: [], returned: [], added, addedRetained };
  const isCovered = ({ namespace_id: id }: KnownNamespace): boolean => covered.has(id) && !retained.has(id);
  const uncovered = known.filter((namespace) => !isCovered(namespace));
  const wasRetained = ({ kept_since: since }: KnownNamespace): boolean => since !== null;
  return {
    gone: numbers(uncovered.filter(({ namespace_id: id }) => !retained.has(id))),
    vanished: numbers(uncovered.filter((namespace) => !wasRetained(namespace))),
    returned: numbers(known.filter((namespace) => wasRetained(namespace) && isCovered(namespace))),
    added,
    addedRetained,
  };
}

type KnownNamespace = Pick<Selectable<Tables['feed_namespace']>, 'namespace_id' | 'kept_since'>;

function numbers(namespaces: readonly KnownNamespace[]): number[] {
  return namespaces.map(({ namespace_id: id }) => id);
}

async function namespacesOf(db: Kysely<Tables>, feedId: number): Promise<KnownNamespace[]> {
  return await db
    .selectFrom('feed_namespace')
    .select(['namespace_id', 'kept_since'])
    .where('feed_id', '=', feedId)
    .orderBy('namespace_id')
    .execute();
}

/** Returns a change with the final numbers of namespaces that are new. */
export function withFinalNumbers(
  change: NamespaceChange,
  final: ReadonlyMap<number, number>,
): NamespaceChange {
  const toFinal = (ids: readonly number[]): number[] => ids.map((id) => final.get(id) ?? id);
  return { ...change, added: toFinal(change.added), addedRetained: toFinal(change.addedRetained) };
}

/** Writes which namespaces a feed covers from now on. */
export async function writeNamespaces(
  db: Kysely<Tables>,
  feedId: number,
  { vanished, returned, added, addedRetained, at }: NamespaceChange & { readonly at: number },
): Promise<void> {
  const rows = [
    ...added.map((id) => ({ feed_id: feedId, namespace_id: id, kept_since: null })),
    ...addedRetained.map((id) => ({ feed_id: feedId, namespace_id: id, kept_since: at })),
  ];
  if (rows.length > 0) await db.insertInto('feed_namespace').values(rows).execute();
  for (const [namespaces, since] of [
    [vanished, at],
    [returned, null],
  ] as const) {
    if (namespaces.length === 0) continue;
    await db
      .updateTable('feed_namespace')
      .set({ kept_since: since })
      .where('feed_id', '=', feedId)
      .where('namespace_id', 'in', namespaces)
      .execute();
  }
}

/** Retains, as parts, the rows of each just closed record in each of these namespaces; returns the number of parts. */
export async function retainParts(
  db: Kysely<Tables>,
  { gone, at }: { readonly gone: readonly number[]; readonly at: number },
): Promise<number> {
  if (gone.length === 0) return 0;
  const closed = db.selectFrom('incoming_closed').select('id');
  const parts = db
    .selectFrom('affected')
    .select(['vulnerability_id', 'namespace_id'])
    .where('vulnerability_id', 'in', closed)
    .where('namespace_id', 'in', gone)
    .distinct();
  const { count } = await db
    .selectFrom(parts.as('part'))
    .select((eb) => eb.fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  if (Number(count) === 0) return 0;
  const before = await allocateNumbers(db, 'vulnerability', Number(count));
  const number = sql<number>`${sql.lit(before)} + row_number() over (order by vulnerability_id, namespace_id)`;
  const copied = ['feed_id', 'key', 'hash', 'name', 'severity', 'details'] as const;
  await db
    .insertInto('vulnerability')
    .columns(['id', 'kept_for', 'valid_from', ...copied])
    .expression((eb) =>
      eb
        .selectFrom(parts.as('part'))
        .innerJoin('vulnerability as whole', 'whole.id', 'part.vulnerability_id')
        .select([number.as('id'), 'part.namespace_id as kept_for', eb.lit(at).as('valid_from')])
        .select(copied.map((column) => `whole.${column}` as const)),
    )
    .execute();
  await copyRows(db, before);
  return Number(count);
}

/** Copies rows and aliases into the parts, whose numbers follow `before`, from the records that they are parts of. */
async function copyRows(db: Kysely<Tables>, before: number): Promise<void> {
  const parts = db
    .selectFrom('incoming_closed')
    .innerJoin('vulnerability as whole', 'whole.id', 'incoming_closed.id')
    .innerJoin('vulnerability as part', (join) =>
      join.onRef('part.feed_id', '=', 'whole.feed_id').onRef('part.key', '=', 'whole.key'),
    )
    .where('whole.kept_for', '=', 0)
    .where('part.valid_to', 'is', null)
    .where('part.id', '>', before);
  await db
    .insertInto('affected')
    .columns(['vulnerability_id', ...affectedColumns])
    .expression(
      parts
        .innerJoin('affected', (join) =>
          join
            .onRef('affected.vulnerability_id', '=', 'whole.id')
            .onRef('affected.namespace_id', '=', 'part.kept_for'),
        )
        .select(['part.id as vulnerability_id'])
        .select(affectedColumns.map((column) => `affected.${column}` as const)),
    )
    .execute();
  await db
    .insertInto('alias')
    .columns(['name', 'vulnerability_id'])
    .expression(
      parts
        .innerJoin('alias', 'alias.vulnerability_id', 'whole.id')
        .select(['alias.name', 'part.id as vulnerability_id']),
    )
    .execute();
}
