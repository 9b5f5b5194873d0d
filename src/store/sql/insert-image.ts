import type { Kysely } from 'kysely';
import { BulkWriter, type RowWriter } from './bulk-writer.ts';
import type { ImageRows, InsertedImage, PartInput } from './image-rows.ts';
import { findSetNumbers } from './package-sets.ts';
import type { Tables } from './schema.ts';

/** Inserts an image unless one of its identity exists. Runs a statement for each table, so it is for engines without round trips. */
export async function insertImageByTable(
  db: Kysely<Tables>,
  { image, layers, parts }: ImageRows,
): Promise<InsertedImage | undefined> {
  const added = await db
    .insertInto('image')
    .values(image)
    .onConflict((conflict) => conflict.column('identity').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (added === undefined) return undefined;
  const layerRows = new BulkWriter(db, 'image_layer', ['image_id', 'position', 'layer']);
  for (const [position, layer] of layers.entries()) await layerRows.add([added.id, position, layer]);
  await layerRows.finish();
  const sets = await findSetNumbers(db, [...new Set(parts.map(({ set }) => set))]);
  const known = parts.filter(({ set }) => sets.has(set));
  await insertParts(new BulkWriter(db, 'image_set', partColumns), known, { image: added.id, sets });
  return { id: added.id, parts: new Set(known.map(({ part }) => part)) };
}

/** The columns of `insertParts`. */
export const partColumns = ['image_id', 'part', 'set_id', 'layer', 'repositories', 'path', 'paths'] as const;

interface PartReferences {
  /** Number of the image. */
  readonly image: number;
  /** Numbers of the sets by their identities. */
  readonly sets: ReadonlyMap<string, number>;
}

/** Inserts parts of an image by a writer of `partColumns`. */
export async function insertParts(
  writer: RowWriter,
  parts: readonly PartInput[],
  { image, sets }: PartReferences,
): Promise<void> {
  for (const { part, set, layer, repositories, path, paths } of parts) {
    const number = sets.get(set);
    if (number === undefined) throw new Error(`the package set ${set} vanished`);
    await writer.add([image, part, number, layer, repositories, path, paths]);
  }
  await writer.finish();
}
