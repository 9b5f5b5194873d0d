import type { StoreStatistics } from '../maintenance.ts';
import type { Engine } from './engine.ts';
import { readFeedStates } from './feeds.ts';

const counted = [
  'namespace',
  'feed',
  'vulnerability',
  'affected',
  'alias',
  'event',
  'enrichment',
  'score_pack',
  'looked_up',
  'layer',
  'image',
  'known_image',
  'image_name',
  'image_set',
  'package_set',
  'set_package',
  'package',
  'v1_layer',
  'ancestry',
] as const;

/** Counts the rows of every table, including history. */
export async function readStatistics(engine: Engine): Promise<StoreStatistics> {
  const rows: Record<string, number> = {};
  for (const table of counted) {
    const { count } = await engine.db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    rows[table] = Number(count);
  }
  return { bytes: await engine.sizeBytes(), rows, feeds: await readFeedStates(engine.db, undefined) };
}
