import type { Kysely } from 'kysely';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { LayerStore } from '../store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** The layers of a store. */
export function layerStore(engine: Engine): LayerStore {
  return {
    find: (identity, analyzerKey) => find(engine.db, identity, analyzerKey),
    save: (identity, analyzerKey, index) =>
      engine.write(async (db) => {
        await db
          .insertInto('layer')
          .values({ identity, analyzer_key: analyzerKey, content: writeIndex(index) })
          .onConflict((conflict) => conflict.columns(['identity', 'analyzer_key']).doNothing())
          .execute();
      }),
  };
}

async function find(
  db: Kysely<Tables>,
  identity: string,
  analyzerKey: string,
): Promise<LayerIndex | undefined> {
  const row = await db
    .selectFrom('layer')
    .select('content')
    .where('identity', '=', identity)
    .where('analyzer_key', '=', analyzerKey)
    .executeTakeFirst();
  return row && readIndex(row.content);
}

/** An index as JSON; the few files in it, which are small, as base64. */
function writeIndex(index: LayerIndex): string {
  const contents = index.contents.map(({ path, content }) => [path, Buffer.from(content).toString('base64')]);
  return JSON.stringify({ ...index, contents });
}

function readIndex(text: string): LayerIndex {
  // The database holds what was written above, under the same analyzer key: nothing that would have to be checked again.
  const index = JSON.parse(text) as Omit<LayerIndex, 'contents'> & { contents: [string, string][] };
  const contents = index.contents.map(([path, content]) => ({
    path,
    content: new Uint8Array(Buffer.from(content, 'base64')),
  }));
  return { ...index, contents };
}
