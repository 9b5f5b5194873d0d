import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../kit/collections.ts';
import type { AncestryPage } from '../ancestry-store.ts';
import type { PageRequest } from '../page.ts';
import type { Tables } from './schema.ts';

type NamedAncestry = AncestryPage['ancestries'][number];

/**
 * Returns a page of the ancestries whose image has one of these versions, by rising number. Versions lead to packages, these to package
 * sets, these to images, and these to ancestries. A short list is read completely and sorted. A long one is read in the order of the
 * numbers, until the page is full.
 */
export async function pageAncestriesByVersions(
  db: Kysely<Tables>,
  versions: readonly number[],
  { limit, after = 0 }: PageRequest<number>,
): Promise<AncestryPage> {
  const sets = await setsOfVersions(db, versions);
  const images = await imagesOfSets(db, sets);
  // One more than requested shows whether there is another page.
  const range = { after, count: limit + 1 };
  const found =
    images === undefined
      ? await walkAncestries(db, sets, range)
      : await ancestriesOfImages(db, images, range);
  const ancestries = found.slice(0, limit);
  const last = ancestries.at(-1);
  return found.length > limit && last !== undefined ? { ancestries, next: last.number } : { ancestries };
}

/** Number of values per query. */
const valuesAtATime = 500;

/** Returns the sets that have a package of one of these versions. */
async function setsOfVersions(db: Kysely<Tables>, versions: readonly number[]): Promise<ReadonlySet<number>> {
  const sets = new Set<number>();
  for (const some of splitIntoChunks(versions, valuesAtATime)) {
    const ofNames = packagesOfVersions(db, some).whereRef('package.lookup_name', '=', 'version.package');
    const ofSources = packagesOfVersions(db, some).whereRef('package.source_name', '=', 'version.package');
    const rows = await ofNames
      .where('version.by', '=', 'name')
      .whereRef('package.lookup_version', '=', 'version.version')
      .union(
        ofSources
          .where('version.by', '=', 'source')
          .whereRef('package.source_lookup_version', '=', 'version.version'),
      )
      .execute();
    for (const { set_id: set } of rows) sets.add(set);
  }
  return sets;
}

/** Selects the sets of packages of the same namespace and type, and of the same build where a version states one. */
function packagesOfVersions(db: Kysely<Tables>, versions: readonly number[]) {
  return db
    .selectFrom('v1_version as version')
    .innerJoin('package', 'package.namespace_id', 'version.namespace_id')
    .innerJoin('set_package', 'set_package.package_id', 'package.id')
    .select('set_package.set_id')
    .where('version.id', 'in', padToPowerOfTwo(versions))
    .whereRef('package.type', '=', 'version.type')
    .where((eb) =>
      eb.or([
        eb('version.type', '<>', 'rpm'),
        eb.and([
          eb('version.build', '=', eb.ref('package.version')),
          eb('version.arch', '=', eb.fn.coalesce('package.arch', eb.val(''))),
          eb('version.modularity', '=', eb.fn.coalesce('package.modularity', eb.val(''))),
        ]),
      ]),
    );
}

/** Number of images up to which a list is read completely. */
const imagesMax = 10_000;

/** Returns the images that have one of these sets; undefined if they are more than `imagesMax`. */
async function imagesOfSets(
  db: Kysely<Tables>,
  sets: ReadonlySet<number>,
): Promise<ReadonlySet<number> | undefined> {
  const images = new Set<number>();
  for (const some of splitIntoChunks([...sets], valuesAtATime)) {
    const rows = await db
      .selectFrom('image_set')
      .select('image_id')
      .where('set_id', 'in', padToPowerOfTwo(some))
      .limit(imagesMax + 1)
      .execute();
    for (const { image_id: image } of rows) images.add(image);
    if (rows.length > imagesMax || images.size > imagesMax) return undefined;
  }
  return images;
}

interface NumberRange {
  readonly after: number;
  readonly count: number;
}

async function ancestriesOfImages(
  db: Kysely<Tables>,
  images: ReadonlySet<number>,
  { after, count }: NumberRange,
): Promise<NamedAncestry[]> {
  const found: NamedAncestry[] = [];
  for (const some of splitIntoChunks([...images], valuesAtATime))
    found.push(
      ...(await db
        .selectFrom('ancestry')
        .select(['number', 'name'])
        .where('image_id', 'in', padToPowerOfTwo(some))
        .where('number', '>', after)
        .execute()),
    );
  return found.sort((a, b) => a.number - b.number).slice(0, count);
}

/** Number of ancestries per query. At least one in a hundred is on the list, unless there are more than a million. */
const ancestriesAtATime = 2_000;

async function walkAncestries(
  db: Kysely<Tables>,
  sets: ReadonlySet<number>,
  { after, count }: NumberRange,
): Promise<NamedAncestry[]> {
  const found = new Map<number, NamedAncestry>();
  for (let behind = after; found.size < count; ) {
    const ancestries = await db
      .selectFrom('ancestry')
      .select(['number', 'name', 'image_id'])
      .where('number', '>', behind)
      .orderBy('number')
      .limit(ancestriesAtATime)
      .execute();
    const last = ancestries.at(-1);
    if (last === undefined) break;
    behind = last.number;
    const having = await imagesWithSets(db, [...new Set(ancestries.map((row) => row.image_id))], sets);
    for (const { image_id: image, ...ancestry } of ancestries)
      if (having.has(image)) found.set(ancestry.number, ancestry);
  }
  return [...found.values()].slice(0, count);
}

/** Returns those of the images that have one of the sets. */
async function imagesWithSets(
  db: Kysely<Tables>,
  images: readonly number[],
  sets: ReadonlySet<number>,
): Promise<ReadonlySet<number>> {
  const having = new Set<number>();
  for (const some of splitIntoChunks(images, valuesAtATime)) {
    const rows = await db
      .selectFrom('image_set')
      .select(['image_id', 'set_id'])
      .where('image_id', 'in', padToPowerOfTwo(some))
      .execute();
    for (const { image_id: image, set_id: set } of rows) if (sets.has(set)) having.add(image);
  }
  return having;
}
