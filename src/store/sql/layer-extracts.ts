import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import type { LayerExtractStore, UnusedExtracts, UnusedExtractTerms } from '../layer-extract-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** Write options: a lost extract is made again when its layer is read. */
const remakable = ['own rows', 'later'] as const;

/** Returns the extracts of a store; `now` is in milliseconds since 1970. */
export function layerExtractStore(engine: Engine, now: () => number): LayerExtractStore {
  return {
    find: async (identity) => {
      const row = await engine.db
        .selectFrom('layer_extract')
        .select(['sha256', 'bytes', 'content'])
        .where('identity', '=', identity)
        .executeTakeFirst();
      return row && { ...row, content: row.content ?? undefined };
    },
    save: (identity, { sha256, bytes }, content) =>
      engine.write(
        async (db) => {
          const values = { sha256, bytes, saved_at: now(), content: content ?? null };
          await db
            .insertInto('layer_extract')
            .values({ identity, ...values })
            .onConflict((conflict) => conflict.column('identity').doUpdateSet(values))
            .execute();
        },
        ...remakable,
      ),
    findUnused: (terms) => findUnused(engine.db, terms),
    remove: (identity) =>
      engine.write(
        async (db) => {
          await db.deleteFrom('layer_extract').where('identity', '=', identity).where(isUnused).execute();
        },
        ...remakable,
      ),
  };
}

async function findUnused(
  db: Kysely<Tables>,
  { before, after = '', limit }: UnusedExtractTerms,
): Promise<UnusedExtracts> {
  const looked = await db
    .selectFrom('layer_extract')
    .select('identity')
    .where('identity', '>', after)
    .orderBy('identity')
    .limit(limit)
    .execute();
  const next = looked.at(-1)?.identity;
  if (next === undefined) return { unused: [] };
  const rows = await db
    .selectFrom('layer_extract')
    .select(['identity', (eb) => eb('content', 'is', null).as('isInBucket')])
    .where('identity', '>', after)
    .where('identity', '<=', next)
    .where('saved_at', '<', before.getTime())
    .where(isUnused)
    .orderBy('identity')
    .execute();
  const unused = rows.map(({ identity, isInBucket }) => ({ identity, isInBucket: Boolean(isInBucket) }));
  return { unused, ...(looked.length === limit && { next }) };
}

/** Whether no index and no image has the layer of an extract. */
function isUnused(eb: ExpressionBuilder<Tables, 'layer_extract'>): Expression<SqlBool> {
  const index = eb
    .selectFrom('layer')
    .select('layer.identity')
    .whereRef('layer.identity', '=', 'layer_extract.identity');
  const image = eb
    .selectFrom('image_layer')
    .select('image_layer.image_id')
    .whereRef('image_layer.layer', '=', 'layer_extract.identity');
  return eb.and([eb.not(eb.exists(index)), eb.not(eb.exists(image))]);
}
