import type { Kysely } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import { type CveNumber, cveId, cveNumberOf } from '../../model/cve.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { StoredEnrichment } from '../enrichment-store.ts';
import type { FeedName } from '../feed-state.ts';
import type { PageRequest } from '../page.ts';
import type { ChangedPack } from './enrichment-diff.ts';
import type { Tables } from './schema.ts';
import { blockOf, ScorePack, yearOf } from './score-packs.ts';

/** Number of packs per statement. */
const packsAtATime = 200;

/** Returns the packed scores of a feed, by block. */
export async function packsOf(db: Kysely<Tables>, feedId: number): Promise<Map<number, ScorePack>> {
  const rows = await db
    .selectFrom('score_pack')
    .select(['block', 'content'])
    .where('feed_id', '=', feedId)
    .execute();
  return new Map(rows.map(({ block, content }) => [block, new ScorePack(content)]));
}

/** Writes the changed packs of a feed. */
export async function savePacks(
  db: Kysely<Tables>,
  feedId: number,
  packs: readonly ChangedPack[],
): Promise<void> {
  for (const some of splitIntoChunks(packs, packsAtATime)) {
    const gone = some.filter(({ pack }) => pack.count === 0).map(({ block }) => block);
    if (gone.length > 0)
      await db.deleteFrom('score_pack').where('feed_id', '=', feedId).where('block', 'in', gone).execute();
    const filled = some.filter(({ pack }) => pack.count > 0);
    if (filled.length > 0)
      await db
        .insertInto('score_pack')
        .values(filled.map(({ block, pack }) => ({ feed_id: feedId, block, content: pack.bytes })))
        .onConflict((conflict) =>
          conflict
            .columns(['block', 'feed_id'])
            .doUpdateSet((eb) => ({ content: eb.ref('excluded.content') })),
        )
        .execute();
  }
}

/** Returns the packed scores of these ids. */
export async function findScores(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<{ id: string; source: string; feed: string; enrichment: StoredEnrichment }[]> {
  const byBlock = Map.groupBy(
    ids.flatMap((id) => cveNumberOf(id) ?? []),
    blockOf,
  );
  const found: Awaited<ReturnType<typeof findScores>> = [];
  for (const some of splitIntoChunks([...byBlock.keys()], packsAtATime)) {
    const packs = await db
      .selectFrom('score_pack')
      .innerJoin('feed', 'feed.id', 'score_pack.feed_id')
      .select(['score_pack.block', 'score_pack.content', 'feed.source', 'feed.name as feed'])
      .where('score_pack.block', 'in', some)
      .execute();
    for (const { block, content, source, feed } of packs)
      for (const enrichment of scoresIn(new ScorePack(content), byBlock.get(block) ?? []))
        found.push({ id: enrichment.id, source, feed, enrichment: { source, ...enrichment } });
  }
  return found;
}

function scoresIn(pack: ScorePack, wanted: readonly CveNumber[]): Enrichment[] {
  return wanted.flatMap((cve) => {
    const epss = pack.find(cve.number);
    return epss === undefined ? [] : [{ id: cveId(cve), epss }];
  });
}

/** Returns whether a feed has a packed score of this id. */
export async function isPacked(db: Kysely<Tables>, feed: FeedName, id: string): Promise<boolean> {
  const found = await findScores(db, [id]);
  return found.some((one) => one.source === feed.source && one.feed === feed.feed);
}

/** Returns the packed scores of a feed by rising year and number, after a CVE or from the first. */
export async function scoresInFeed(
  db: Kysely<Tables>,
  { source, feed }: FeedName,
  { limit, after }: PageRequest<string>,
): Promise<Enrichment[]> {
  const start = after === undefined ? undefined : cveNumberOf(after);
  const packs = await db
    .selectFrom('score_pack')
    .innerJoin('feed', 'feed.id', 'score_pack.feed_id')
    .select(['score_pack.block', 'score_pack.content'])
    .where('feed.source', '=', source)
    .where('feed.name', '=', feed)
    .where('score_pack.block', '>=', start === undefined ? 0 : blockOf(start))
    .orderBy('score_pack.block')
    // Each has one score at least, and the first may have none behind the one that is known.
    .limit(limit + 1)
    .execute();
  const found: Enrichment[] = [];
  for (const { block, content } of packs) {
    const isFirst = start !== undefined && block === blockOf(start);
    found.push(...scoresFrom(block, new ScorePack(content), isFirst ? start.number + 1 : 0));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

function scoresFrom(block: number, pack: ScorePack, number: number): Enrichment[] {
  const found: Enrichment[] = [];
  for (let row = pack.rowFrom(number); row < pack.count; row++)
    found.push({ id: cveId({ year: yearOf(block), number: pack.numberAt(row) }), epss: pack.epssAt(row) });
  return found;
}
