import type { Insertable, Kysely } from 'kysely';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import type { Digest } from '../../model/digest.ts';
import { imageNameOf } from '../../model/image-name.ts';
import type { KnownImage, KnownImageStore, SeenImage, SeenSource } from '../known-image-store.ts';
import type { Engine } from './engine.ts';
import { currentNameRows, endNames, findTags, moveNames, nameHistory, needsMove } from './image-names.ts';
import {
  type FoundImage,
  findSeen,
  isLinked,
  knownIdentityOf,
  newIdentityOf,
} from './known-image-identity.ts';
import { pageKnownImages, readKnownImages } from './list-known-images.ts';
import type { Tables } from './schema.ts';
import { isLastUseStale } from './times.ts';
import { forgetImages } from './unused-images.ts';

/** Returns the images of a store by their names and digests; `now` is in milliseconds since 1970. */
export function knownImageStore(engine: Engine, now: () => number): KnownImageStore {
  const { db } = engine;
  return {
    record: (seen) => record(engine, seen, now()),
    findByDigest: (digest) => findByDigest(db, digest),
    findByNumbers: (numbers) => readKnownImages(db, numbers),
    findByName: async (name) => {
      const rows = await currentNameRows(db, [name]);
      return await readKnownImages(db, [...new Set(rows.map((row) => row.known_image_id))]);
    },
    findBases: (diffIds) => findBases(db, diffIds),
    findTags: (number) => findTags(db, number),
    findNameHistory: (name, limit) => nameHistory(db, name, limit),
    endNames: async (names) => {
      if (names.length === 0) return 0;
      // Excludes other writers: a scan could give the name a new meaning meanwhile.
      return await engine.write((writing) => endNames(writing, names, now()));
    },
    page: (filter, page) => pageKnownImages(db, filter, page),
    saveSource: (number, content, seen) =>
      engine.write((writing) => saveSource(writing, { known_image_id: number, content }, seen), 'own rows'),
    findSource: async (number) => {
      const query = db.selectFrom('image_source').select('content').where('known_image_id', '=', number);
      return (await query.executeTakeFirst())?.content;
    },
    forget: async (numbers) => {
      if (numbers.length > 0) await engine.write((writing) => forgetImages(writing, numbers));
    },
  };
}

/** Returns the number of the image; undefined if it is unknown to a database that is only read. */
async function record(engine: Engine, seen: SeenImage, now: number): Promise<number | undefined> {
  const known = await findSeen(engine.db, seen);
  if (engine.isReadOnly) return known?.id;
  if (known !== undefined && (await isUpToDate(engine.db, known, { seen, now }))) return known.id;
  // Excludes other writers: two of them could give a name two meanings.
  return await engine.write(async (db) => {
    const image = await saveImage(db, { seen, now });
    await db.updateTable('image').set({ known_image: image }).where('id', '=', seen.image).execute();
    await addDigests(db, image, seen.digests);
    await moveNames(db, { image, seen, now });
    return image;
  });
}

interface Sighting {
  readonly seen: SeenImage;
  readonly now: number;
}

/** Returns whether a record would change nothing but the time of the day. */
async function isUpToDate(db: Kysely<Tables>, known: FoundImage, { seen, now }: Sighting): Promise<boolean> {
  if (isLastUseStale(known.last_seen, now) || needsIndex(known, seen)) return false;
  if (describes(known, seen) && (known.reference !== seen.reference || known.origin !== seen.origin))
    return false;
  if (await needsMove(db, known.id, seen)) return false;
  if (known.image_id !== seen.image && !(await isLinked(db, known.id, seen))) return false;
  return (await missingDigests(db, known.id, seen.digests)).length === 0;
}

/** An index with options of a user, or of bytes that were not compared, counts only until there is a better one. */
function needsIndex(known: FoundImage, seen: SeenImage): boolean {
  if (known.linked === null) return true;
  return known.image_id !== seen.image && (!seen.isScoped || known.is_scoped === 1) && describes(known, seen);
}

/** Whether what is seen describes the image at least as reliably as what is known. */
function describes({ is_verified: isVerified }: Pick<FoundImage, 'is_verified'>, seen: SeenImage): boolean {
  return seen.isVerified || isVerified === 0;
}

async function saveImage(db: Kysely<Tables>, { seen, now }: Sighting): Promise<number> {
  const description = {
    is_verified: seen.isVerified ? 1 : 0,
    reference: seen.reference,
    origin: seen.origin,
    digest: seen.digest,
    created: seen.created ?? null,
    labels: JSON.stringify(seen.labels),
  };
  const index = { image_id: seen.image, is_scoped: seen.isScoped ? 1 : 0 };
  const known = await findSeen(db, seen);
  if (known !== undefined) {
    const isKept = await isOfOther(db, known, seen);
    const changes = {
      ...(describes(known, seen) && !isKept && description),
      ...(seen.isVerified && { identity: knownIdentityOf(seen) }),
      digest: (seen.hasManifest && !isKept) || known.digest === null ? description.digest : known.digest,
      ...(needsIndex(known, seen) && index),
      last_seen: now,
    };
    await db.updateTable('known_image').set(changes).where('id', '=', known.id).execute();
    return known.id;
  }
  const { id } = await db
    .insertInto('known_image')
    .values({
      identity: await newIdentityOf(db, seen),
      ...description,
      ...index,
      first_seen: now,
      last_seen: now,
      platform: seen.platform,
      diff_ids: JSON.stringify(seen.diffIds),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

async function saveSource(
  db: Kysely<Tables>,
  source: Insertable<Tables['image_source']>,
  seen: SeenSource,
): Promise<void> {
  const { known_image_id: number, content } = source;
  const columns = ['id', 'is_verified', 'origin', 'reference'] as const;
  const known = await db
    .selectFrom('known_image')
    .select(columns)
    .where('id', '=', number)
    .executeTakeFirst();
  // The image may have been deleted meanwhile.
  if (known === undefined) return;
  const isKept = await isOfOther(db, known, seen);
  await db
    .insertInto('image_source')
    .values(source)
    .onConflict((conflict) => {
      const ofImage = conflict.column('known_image_id');
      return isKept ? ofImage.doNothing() : ofImage.doUpdateSet({ content });
    })
    .execute();
}

/** Whether the description of an image stays that of another repository. Claims of an archive are replaced. */
async function isOfOther(
  db: Kysely<Tables>,
  known: Pick<FoundImage, 'id' | 'is_verified' | 'origin' | 'reference'>,
  seen: SeenSource,
): Promise<boolean> {
  if (seen.keepsOthers !== true || known.is_verified === 0) return false;
  const owner = repositoryOf(known);
  if (owner === undefined || owner === repositoryOf(seen)) return false;
  return (await findTags(db, known.id)).some((tag) => tag.startsWith(`${owner}:`));
}

function repositoryOf({ origin, reference }: Pick<SeenImage, 'origin' | 'reference'>): string | undefined {
  const name = imageNameOf({ kind: origin, reference });
  return name && `${name.registry}/${name.repository}`;
}

async function missingDigests(
  db: Kysely<Tables>,
  image: number,
  digests: readonly string[],
): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('image_digest')
    .select('digest')
    .where('digest', 'in', digests)
    .where('known_image_id', '=', image)
    .execute();
  const has = new Set(rows.map(({ digest }) => digest));
  return digests.filter((digest) => !has.has(digest));
}

async function addDigests(db: Kysely<Tables>, image: number, digests: readonly string[]): Promise<void> {
  const missing = await missingDigests(db, image, digests);
  if (missing.length === 0) return;
  const rows = missing.map((digest) => ({ digest, known_image_id: image }));
  await db
    .insertInto('image_digest')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['digest', 'known_image_id']).doNothing())
    .execute();
}

/** Finds the images that have the first layers of a list, by the identity of each such part. */
async function findBases(db: Kysely<Tables>, diffIds: readonly Digest[]): Promise<KnownImage[]> {
  const parts = diffIds.slice(1).map((_, i) => diffIds.slice(0, i + 1));
  const identities = parts.flatMap((part) =>
    [true, false].map((isVerified) => knownIdentityOf({ diffIds: part, isVerified })),
  );
  if (identities.length === 0) return [];
  const rows = await db
    .selectFrom('known_image')
    .select('id')
    .where('identity', 'in', padToPowerOfTwo(identities))
    .execute();
  const found = await readKnownImages(
    db,
    rows.map(({ id }) => id),
  );
  return found.toSorted((a, b) => b.diffIds.length - a.diffIds.length || a.number - b.number);
}

async function findByDigest(db: Kysely<Tables>, digest: string): Promise<KnownImage[]> {
  const rows = await db
    .selectFrom('image_digest')
    .select('known_image_id')
    .where('digest', '=', digest)
    .orderBy('known_image_id')
    .execute();
  return await readKnownImages(
    db,
    rows.map((row) => row.known_image_id),
  );
}
