import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import type { Engine } from './engine.ts';
import { behind, dropExpired, expiredAtATime } from './expired-rows.ts';
import type { Tables } from './schema.ts';

/** Number of layers per transaction. */
const layersAtATime = 50;

/** A layer by its last use and its key. */
interface LayerAge {
  readonly at: number;
  readonly identity: string;
  readonly analyzerKey: string;
}

/** Deletes the layers that were last used before a time, which can be indexed again; returns their number. */
export async function dropUnusedLayers(engine: Engine, before: number): Promise<number> {
  return await dropExpired<LayerAge>(engine, {
    atATime: layersAtATime,
    find: (db, after) => nextUnusedLayers(db, before, after).execute(),
    drop: (db, layers) => dropLayers(db, before, layers),
  });
}

/** Returns the query for the next unused layers behind one, from the longest unused on. */
export function nextUnusedLayers(db: Kysely<Tables>, before: number, after?: LayerAge) {
  return db
    .selectFrom('layer')
    .select(['last_used_at as at', 'identity', 'analyzer_key as analyzerKey'])
    .where('last_used_at', '<', before)
    .where(
      behind(
        ['last_used_at', 'identity', 'analyzer_key'],
        after && [after.at, after.identity, after.analyzerKey],
      ),
    )
    .where(hasNoNamedImage)
    .orderBy('last_used_at')
    .orderBy('identity')
    .orderBy('analyzer_key')
    .limit(expiredAtATime);
}

/** Layers of named images stay: their blobs may no longer be available. One `exists` per kind of name makes two anti-joins. */
function hasNoNamedImage(eb: ExpressionBuilder<Tables, 'layer'>): Expression<SqlBool> {
  const images = eb
    .selectFrom('image_layer')
    .select('image_layer.image_id')
    .whereRef('image_layer.layer', '=', 'layer.identity');
  return eb.and([
    eb.not(eb.exists(images.innerJoin('ancestry', 'ancestry.image_id', 'image_layer.image_id'))),
    eb.not(eb.exists(images.innerJoin('v1_layer', 'v1_layer.image_id', 'image_layer.image_id'))),
  ]);
}

async function dropLayers(db: Kysely<Tables>, before: number, layers: readonly LayerAge[]): Promise<number> {
  const dropped: string[] = [];
  for (const { identity, analyzerKey } of layers) {
    const { numDeletedRows: deleted } = await db
      .deleteFrom('layer')
      .where('identity', '=', identity)
      .where('analyzer_key', '=', analyzerKey)
      .where('last_used_at', '<', before)
      .where(hasNoNamedImage)
      .executeTakeFirstOrThrow();
    if (deleted > 0n) dropped.push(identity);
  }
  await dropHashes(db, dropped);
  return dropped.length;
}

/** Deletes the hashes of layers that the store no longer has. */
async function dropHashes(db: Kysely<Tables>, identities: readonly string[]): Promise<void> {
  if (identities.length === 0) return;
  await db
    .deleteFrom('layer_hash')
    .where('identity', 'in', identities)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('layer')
            .select('layer.identity')
            .whereRef('layer.identity', '=', 'layer_hash.identity'),
        ),
      ),
    )
    .execute();
}
