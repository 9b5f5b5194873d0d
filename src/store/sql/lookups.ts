import type { Kysely, Selectable } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { LookupResult, StoredEnrichment } from '../enrichment-store.ts';
import { recordRatingChange } from './changed-sets.ts';
import { countLookups } from './content-state.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';
import { isoTime, milliseconds } from './times.ts';

/** Number of ids per query. */
const idsAtATime = 500;
/** Number of results per statement. */
const answersAtATime = 100;

/** Returns the results of lookups of these ids. */
export async function findLookups(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LookupResult>> {
  const rows = await rowsOf(db, ids);
  return new Map(
    rows.map(({ id, source, source_version: sourceVersion, origin, asked_at: askedAt, data }) => [
      id,
      { id, source, sourceVersion, origin, askedAt: isoTime(askedAt), enrichment: enrichmentOf(id, data) },
    ]),
  );
}

/** Returns the enrichments in the results of lookups of these ids. */
export async function findLookupEnrichments(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<{ id: string; source: string; feed: string; enrichment: StoredEnrichment }[]> {
  const rows = await rowsOf(db, ids);
  return rows.flatMap(({ id, source, data }) => {
    const enrichment = enrichmentOf(id, data);
    return enrichment === null ? [] : [{ id, source, feed: '', enrichment: { source, ...enrichment } }];
  });
}

/** Saves the results of lookups in one transaction. */
export async function saveLookupResults(engine: Engine, answers: readonly LookupResult[]): Promise<void> {
  if (answers.length === 0) return;
  // In sorted order, so that two writers of the same ids do not wait for each other.
  const ordered = answers.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await engine.write(async (db) => {
    for (const some of splitIntoChunks(ordered, answersAtATime)) await saveSome(db, some);
    await recordRatingChange(
      db,
      ordered.filter(({ enrichment }) => enrichment !== null).map(({ id }) => id),
    );
    await countLookups(db, ordered.length);
  }, 'own rows');
}

async function saveSome(db: Kysely<Tables>, answers: readonly LookupResult[]): Promise<void> {
  await db
    .insertInto('looked_up')
    .values(answers.map(toRow))
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        source: eb.ref('excluded.source'),
        source_version: eb.ref('excluded.source_version'),
        origin: eb.ref('excluded.origin'),
        asked_at: eb.ref('excluded.asked_at'),
        data: eb.fn.coalesce('excluded.data', 'looked_up.data'),
      })),
    )
    .execute();
}

function toRow({ id, source, sourceVersion, origin, askedAt, enrichment }: LookupResult): Row {
  const request = { id, source, source_version: sourceVersion, origin, asked_at: milliseconds(askedAt) };
  if (enrichment === null) return { ...request, data: null };
  const { id: _, ...data } = enrichment;
  return { ...request, data: JSON.stringify(data) };
}

type Row = Selectable<Tables['looked_up']>;

async function rowsOf(db: Kysely<Tables>, ids: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const some of splitIntoChunks(ids, idsAtATime))
    rows.push(...(await db.selectFrom('looked_up').selectAll().where('id', 'in', some).execute()));
  return rows;
}

function enrichmentOf(id: string, data: string | null): Enrichment | null {
  // The text was written from an enrichment, so it needs no validation.
  return data === null ? null : { id, ...(JSON.parse(data) as Omit<Enrichment, 'id'>) };
}
