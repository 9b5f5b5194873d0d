import { type Kysely, sql } from 'kysely';
import { limits } from '../../core/limits.ts';
import type { ImageDescription, StoredDescription, StoredMatch } from '../image-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** A description with the last use of its image. */
interface DescribedImage {
  readonly last_used_at: number;
  readonly description: StoredDescription;
}

/** Returns the description with a key. Undefined if it is missing, or if its image was deleted. */
export async function findDescription(db: Kysely<Tables>, key: string): Promise<DescribedImage | undefined> {
  const row = await db
    .selectFrom('image_description')
    .innerJoin('image', 'image.identity', 'image_description.identity')
    .select(['image.id', 'image.last_used_at'])
    .select(['image_description.summary', 'image_description.packages'])
    .where('image_description.key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { id: image, last_used_at: lastUsed, summary, packages } = row;
  return { last_used_at: lastUsed, description: { image, summary, packages } };
}

/** Write options of a description: a lost one is made again. */
const recomputable = ['own rows', 'later'] as const;

/** Saves the description of an image, by its number, instead of an earlier one. Does nothing if the image was deleted. */
export async function writeDescription(
  engine: Engine,
  image: number,
  description: ImageDescription,
): Promise<void> {
  if (engine.isReadOnly) return;
  const content = { ...description, matched_at: null, matches: null };
  await engine.write(
    async (db) => {
      const found = await db
        .selectFrom('image')
        .select('identity')
        .where('id', '=', image)
        .executeTakeFirst();
      if (found === undefined) return;
      await db
        .insertInto('image_description')
        .values({ identity: found.identity, ...content })
        .onConflict((conflict) => conflict.column('identity').doUpdateSet(content))
        .execute();
    },
    ...recomputable,
  );
}

/**
 * Returns a text that differs for each state of the advisories and of the version schemes of namespaces. It stays in the database, so it names
 * each application of each feed.
 */
export async function readAdvisoryState(db: Kysely<Tables>): Promise<string> {
  const feeds = await db.selectFrom('feed').select(['id', 'revision', 'applied_at']).orderBy('id').execute();
  const { schemes } = await db
    .selectFrom('namespace')
    .select(sql<number | string>`count(*)`.as('schemes'))
    .where('version_scheme', '<>', '')
    .executeTakeFirstOrThrow();
  const applied = feeds.map((feed) => `${feed.id} ${feed.revision} ${feed.applied_at}`);
  return [String(schemes), ...applied].join('\n');
}

/** Returns the matches of an image that were found in a state of the advisories. Undefined if they are not remembered. */
export async function findRememberedMatches(
  db: Kysely<Tables>,
  image: number,
  state: string,
): Promise<StoredMatch[] | undefined> {
  const row = await db
    .selectFrom('image')
    .innerJoin('image_description', 'image_description.identity', 'image.identity')
    .select('image_description.matches')
    .where('image.id', '=', image)
    .where('image_description.matched_at', '=', state)
    .executeTakeFirst();
  // The text was written by `rememberMatches`, so it needs no validation.
  return row?.matches == null ? undefined : (JSON.parse(row.matches) as StoredMatch[]);
}

/** Remembers the matches of an image. Does nothing if they are too long, or if the image has no description. */
export async function rememberMatches(
  engine: Engine,
  image: number,
  { state, found }: { readonly state: string; readonly found: readonly StoredMatch[] },
): Promise<void> {
  const matches = JSON.stringify(found);
  if (engine.isReadOnly || matches.length > limits.rememberedMatchCharacters) return;
  await engine.write(
    async (db) => {
      await db
        .updateTable('image_description')
        .set({ matched_at: state, matches })
        .where('identity', 'in', (eb) => eb.selectFrom('image').select('identity').where('id', '=', image))
        .execute();
    },
    ...recomputable,
  );
}
