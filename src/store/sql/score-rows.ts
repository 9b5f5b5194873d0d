import type { Kysely } from 'kysely';
import { type CveNumber, cveId, cveNumberOf } from '../../model/cve.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { FeedName, PageRequest, StoredEnrichment } from '../store.ts';
import type { ChangedPack } from './enrichment-comparison.ts';
import type { Tables } from './schema.ts';
import { ScorePack } from './score-packs.ts';

/** The packed scores of a feed, by year. */
export async function packsOf(db: Kysely<Tables>, feedId: number): Promise<Map<number, ScorePack>> {
  const rows = await db
    .selectFrom('score_pack')
    .select(['year', 'content'])
    .where('feed_id', '=', feedId)
    .execute();
  return new Map(rows.map(({ year, content }) => [year, new ScorePack(content)]));
}

/** Writes the packs of a feed that have changed. */
export async function savePacks(
  db: Kysely<Tables>,
  feedId: number,
  packs: readonly ChangedPack[],
): Promise<void> {
  for (const { year, pack } of packs) {
    if (pack.count === 0)
      await db.deleteFrom('score_pack').where('feed_id', '=', feedId).where('year', '=', year).execute();
    else
      await db
        .insertInto('score_pack')
        .values({ feed_id: feedId, year, content: pack.bytes })
        .onConflict((conflict) =>
          conflict
            .columns(['feed_id', 'year'])
            .doUpdateSet((eb) => ({ content: eb.ref('excluded.content') })),
        )
        .execute();
  }
}

/** The packed scores of these ids. */
export async function findScores(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<{ id: string; source: string; feed: string; enrichment: StoredEnrichment }[]> {
  const byYear = Map.groupBy(
    ids.flatMap((id) => cveNumberOf(id) ?? []),
    ({ year }) => year,
  );
  if (byYear.size === 0) return [];
  const packs = await db
    .selectFrom('score_pack')
    .innerJoin('feed', 'feed.id', 'score_pack.feed_id')
    .select(['score_pack.year', 'score_pack.content', 'feed.source', 'feed.name as feed'])
    .where('score_pack.year', 'in', [...byYear.keys()])
    .execute();
  return packs.flatMap(({ year, content, source, feed }) =>
    scoresIn(new ScorePack(content), byYear.get(year) ?? []).map((enrichment) => ({
      id: enrichment.id,
      source,
      feed,
      enrichment: { source, ...enrichment },
    })),
  );
}

function scoresIn(pack: ScorePack, wanted: readonly CveNumber[]): Enrichment[] {
  return wanted.flatMap((cve) => {
    const epss = pack.find(cve.number);
    return epss === undefined ? [] : [{ id: cveId(cve), epss }];
  });
}

/** The packed scores of a feed, by rising id. */
export async function scoresInFeed(
  db: Kysely<Tables>,
  feed: FeedName,
  { limit, after }: PageRequest<string>,
): Promise<Enrichment[]> {
  const found: Enrichment[] = [];
  let year = after === undefined ? 0 : yearIn(after);
  while (found.length < limit) {
    const row = await nextPack(db, feed, year);
    if (row === undefined) break;
    found.push(...scoresBehind(after ?? '', row, limit - found.length));
    year = row.year + 1;
  }
  return found;
}

/** The first year that may have ids behind this one. */
function yearIn(id: string): number {
  const [, year] = /^CVE-(\d{4})/.exec(id) ?? [];
  if (year !== undefined) return Number(year);
  return id < 'CVE-' ? 0 : 10_000;
}

function scoresBehind(
  after: string,
  { year, content }: { readonly year: number; readonly content: Uint8Array },
  limit: number,
): Enrichment[] {
  const pack = new ScorePack(content);
  const start = cveNumberOf(after);
  const found: Enrichment[] = [];
  for (let row = start?.year === year ? pack.rowFrom(start.number) : 0; row < pack.count; row++) {
    const id = cveId({ year, number: pack.numberAt(row) });
    if (id > after) found.push({ id, epss: pack.epssAt(row) });
    if (found.length === limit) break;
  }
  return found;
}

async function nextPack(
  db: Kysely<Tables>,
  { source, feed }: FeedName,
  year: number,
): Promise<{ year: number; content: Uint8Array } | undefined> {
  return await db
    .selectFrom('score_pack')
    .innerJoin('feed', 'feed.id', 'score_pack.feed_id')
    .select(['score_pack.year', 'score_pack.content'])
    .where('feed.source', '=', source)
    .where('feed.name', '=', feed)
    .where('score_pack.year', '>=', year)
    .orderBy('score_pack.year')
    .limit(1)
    .executeTakeFirst();
}
