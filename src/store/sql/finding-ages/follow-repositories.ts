import type { Kysely } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import type { Engine } from '../engine.ts';
import { readValue, writeValue } from '../key-values.ts';
import type { Tables } from '../schema.ts';
import { packRepository, unpackRepository } from './age-groups.ts';
import { pathOfRepository, repositoryOfPath } from './age-paths.ts';
import { nextAges } from './next-ages.ts';
import { SetVulnerabilities } from './set-vulnerabilities.ts';

/** Number of repositories per transaction. */
const repositoriesAtATime = 50;

/** Key of the repository behind which an interrupted pass continues, and its day. */
const placeKey = 'store/ages-place';

interface Place {
  readonly day: number;
  readonly after: string;
}

/** Compares the repositories that have names now with their rows. Returns false if the signal aborts before the end. */
export async function followRepositories(engine: Engine, day: number, signal: AbortSignal): Promise<boolean> {
  const sets = new SetVulnerabilities(engine.db);
  for (let after = await readPlace(engine.db, day); !signal.aborted; ) {
    const names = await nextRepositories(engine.db, after);
    const last = names.at(-1);
    if (last === undefined) return true;
    const changed = await changedRows(engine.db, names, { sets, day });
    after = last;
    const place: Place = { day, after };
    await engine.write(async (db) => {
      await saveRows(db, changed);
      await writeValue(db, placeKey, JSON.stringify(place));
    }, 'own rows');
  }
  return false;
}

/** Forgets where an interrupted pass continues, at the end of a pass. */
export async function forgetPlace(db: Kysely<Tables>): Promise<void> {
  await db.deleteFrom('key_value').where('key', '=', placeKey).execute();
}

/** Returns the repository behind which a pass of a day continues. Empty if it begins. */
async function readPlace(db: Kysely<Tables>, day: number): Promise<string> {
  const text = await readValue(db, placeKey);
  // The text was written by `followRepositories`, so it needs no validation.
  const place = text === undefined ? undefined : (JSON.parse(text) as Place);
  return place?.day === day ? place.after : '';
}

async function nextRepositories(db: Kysely<Tables>, after: string): Promise<string[]> {
  const rows = await db
    .selectFrom('image_name')
    .select('repository')
    .distinct()
    .where('repository', '>', after)
    .where('until', 'is', null)
    .orderBy('repository')
    .limit(repositoriesAtATime)
    .execute();
  return rows.map(({ repository }) => repository);
}

/** The row of a repository. */
export interface AgeRow {
  readonly path: Uint8Array;
  readonly content: Uint8Array;
}

interface Comparison {
  readonly sets: SetVulnerabilities;
  readonly day: number;
}

/** Returns the rows that differ from those that are stored. */
async function changedRows(
  db: Kysely<Tables>,
  names: readonly string[],
  { sets, day }: Comparison,
): Promise<AgeRow[]> {
  const uncounted = await uncountedRepositories(db, names);
  const counted = names.filter((name) => !uncounted.has(name));
  if (counted.length === 0) return [];
  const setsOf = await setsByRepository(db, counted);
  const stored = await readRows(db, counted.map(pathOfRepository));
  const changed: AgeRow[] = [];
  for (const name of counted) {
    const before = stored.get(name);
    const found = await sets.worstOf(setsOf.get(name) ?? []);
    const content = packRepository(nextAges(before && unpackRepository(before), found, day));
    if (before === undefined || Buffer.compare(before, content) !== 0)
      changed.push({ path: pathOfRepository(name), content });
  }
  return changed;
}

/** Returns those of these repositories that have an image whose findings are not counted. What they lack now is not known. */
async function uncountedRepositories(
  db: Kysely<Tables>,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('image_name')
    .innerJoin('known_image', 'known_image.id', 'image_name.known_image_id')
    .select('image_name.repository')
    .distinct()
    .where('image_name.repository', 'in', padToPowerOfTwo(names))
    .where('image_name.until', 'is', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('counted_image')
            .select('counted_image.image_id')
            .whereRef('counted_image.image_id', '=', 'known_image.image_id'),
        ),
      ),
    )
    .execute();
  return new Set(rows.map(({ repository }) => repository));
}

async function setsByRepository(
  db: Kysely<Tables>,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await db
    .selectFrom('image_name')
    .innerJoin('known_image', 'known_image.id', 'image_name.known_image_id')
    .innerJoin('counted_set', 'counted_set.image_id', 'known_image.image_id')
    .select(['image_name.repository', 'counted_set.set_id'])
    .distinct()
    .where('image_name.repository', 'in', padToPowerOfTwo(names))
    .where('image_name.until', 'is', null)
    .execute();
  const sets = new Map<string, number[]>();
  for (const { repository, set_id: set } of rows) {
    const ofRepository = sets.get(repository);
    if (ofRepository === undefined) sets.set(repository, [set]);
    else ofRepository.push(set);
  }
  return sets;
}

async function readRows(
  db: Kysely<Tables>,
  paths: readonly Uint8Array[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await db
    .selectFrom('repository_age')
    .selectAll()
    .where('path', 'in', padToPowerOfTwo(paths))
    .execute();
  return new Map(rows.map(({ path, content }) => [repositoryOfPath(path), content]));
}

/** Writes rows of repositories. */
export async function saveRows(db: Kysely<Tables>, rows: readonly AgeRow[]): Promise<void> {
  for (const { path, content } of rows)
    await db
      .insertInto('repository_age')
      .values({ path, content })
      .onConflict((conflict) => conflict.column('path').doUpdateSet({ content }))
      .execute();
}
