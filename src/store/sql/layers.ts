import { padToPowerOfTwo, splitIntoChunks } from '../../kit/collections.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { compareText } from '../../model/order.ts';
import type { LayerStore } from '../layer-store.ts';
import type { Engine } from './engine.ts';
import { isLastUseStale } from './times.ts';

interface LayerDeps {
  readonly engine: Engine;
  readonly now: () => number;
}

/** Returns the layers of a store; `now` is in milliseconds since 1970. */
export function layerStore(engine: Engine, now: () => number): LayerStore {
  return {
    find: async (identity, analyzerKey) =>
      (await findAll({ engine, now }, [identity], analyzerKey)).get(identity),
    findAll: (identities, analyzerKey) => findAll({ engine, now }, identities, analyzerKey),
    save: (identity, analyzerKey, index) =>
      engine.write(
        async (db) => {
          await db
            .insertInto('layer')
            .values({ identity, analyzer_key: analyzerKey, content: writeIndex(index), last_used_at: now() })
            .onConflict((conflict) => conflict.columns(['identity', 'analyzer_key']).doNothing())
            .execute();
        },
        ...reindexable,
      ),
  };
}

/** Write options of a layer: a lost layer is indexed again. */
const reindexable = ['own rows', 'later'] as const;

/** Number of layers per query. */
const layersAtATime = 500;

async function findAll(
  { engine, now }: LayerDeps,
  identities: readonly string[],
  analyzerKey: string,
): Promise<Map<string, LayerIndex>> {
  const found = new Map<string, LayerIndex>();
  const unmarked: string[] = [];
  for (const some of splitIntoChunks([...new Set(identities)], layersAtATime)) {
    const rows = await engine.db
      .selectFrom('layer')
      .select(['identity', 'content', 'last_used_at'])
      .where('identity', 'in', padToPowerOfTwo(some))
      .where('analyzer_key', '=', analyzerKey)
      .execute();
    for (const { identity, content, last_used_at: usedAt } of rows) {
      found.set(identity, readIndex(content));
      if (isLastUseStale(usedAt, now())) unmarked.push(identity);
    }
  }
  if (!engine.isReadOnly) await noteUse({ engine, now }, unmarked, analyzerKey);
  return found;
}

async function noteUse(
  { engine, now }: LayerDeps,
  identities: readonly string[],
  analyzerKey: string,
): Promise<void> {
  // In sorted order: of two writers that update the same rows, neither waits for a row of the other.
  for (const some of splitIntoChunks(identities.toSorted(compareText), layersAtATime)) {
    await engine.write(
      async (db) => {
        await db
          .updateTable('layer')
          .set({ last_used_at: now() })
          .where('identity', 'in', some)
          .where('analyzer_key', '=', analyzerKey)
          .execute();
      },
      ...reindexable,
    );
  }
}

/** Encodes an index as JSON, and its few small files as base64. */
function writeIndex(index: LayerIndex): string {
  const contents = index.contents.map(({ path, content }) => [path, Buffer.from(content).toString('base64')]);
  return JSON.stringify({ ...index, contents });
}

function readIndex(text: string): LayerIndex {
  // The text was written by `writeIndex` under the same analyzer key, so it needs no validation.
  const index = JSON.parse(text) as Omit<LayerIndex, 'contents'> & { contents: [string, string][] };
  const contents = index.contents.map(([path, content]) => ({
    path,
    content: new Uint8Array(Buffer.from(content, 'base64')),
  }));
  return { ...index, contents };
}
