import type { LayerIndex } from '../../model/layer-index.ts';
import type { LayerStore } from '../store.ts';
import type { Engine } from './engine.ts';
import { isUseOld } from './last-use.ts';

/** The layers of a store, by a clock in milliseconds. */
export function layerStore(engine: Engine, now: () => number): LayerStore {
  return {
    find: (identity, analyzerKey) => find({ engine, now }, identity, analyzerKey),
    save: (identity, analyzerKey, index) =>
      engine.write(async (db) => {
        await db
          .insertInto('layer')
          .values({ identity, analyzer_key: analyzerKey, content: writeIndex(index), last_used_at: now() })
          .onConflict((conflict) => conflict.columns(['identity', 'analyzer_key']).doNothing())
          .execute();
      }, 'own rows'),
  };
}

async function find(
  { engine, now }: { readonly engine: Engine; readonly now: () => number },
  identity: string,
  analyzerKey: string,
): Promise<LayerIndex | undefined> {
  const row = await engine.db
    .selectFrom('layer')
    .select(['content', 'last_used_at'])
    .where('identity', '=', identity)
    .where('analyzer_key', '=', analyzerKey)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (!engine.isReadOnly && isUseOld(row.last_used_at, now())) {
    await engine.write(async (db) => {
      await db
        .updateTable('layer')
        .set({ last_used_at: now() })
        .where('identity', '=', identity)
        .where('analyzer_key', '=', analyzerKey)
        .execute();
    }, 'own rows');
  }
  return readIndex(row.content);
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
