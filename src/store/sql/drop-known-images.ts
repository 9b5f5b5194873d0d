import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** Deletes images with their names and digests, by their numbers. Their indexes stay. */
export async function dropKnownImages(db: Kysely<Tables>, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return;
  await db.updateTable('image').set({ known_image: null }).where('known_image', 'in', numbers).execute();
  await db.deleteFrom('image_name').where('known_image_id', 'in', numbers).execute();
  await db.deleteFrom('image_digest').where('known_image_id', 'in', numbers).execute();
  await db.deleteFrom('known_image').where('id', 'in', numbers).execute();
}
