import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';

/** Adds indexes for garbage collection: from the last use to images and layers, and from a layer to its images. */
export async function indexLastUse(db: Kysely<Tables>): Promise<void> {
  await db.schema.createIndex('image_last_use').on('image').columns(['last_used_at', 'id']).execute();
  await db.schema
    .createIndex('layer_last_use')
    .on('layer')
    .columns(['last_used_at', 'identity', 'analyzer_key'])
    .execute();
  await db.schema.createIndex('image_layer_layer').on('image_layer').column('layer').execute();
}
