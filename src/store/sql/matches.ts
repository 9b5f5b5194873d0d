import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import type { RevisionCache } from '../../kit/revision-cache.ts';
import type { MatchKey } from '../affected-cursor.ts';
import type { StoredHit, StoredMatch } from '../image-store.ts';
import type { Engine } from './engine.ts';
import { isValidAt } from './history.ts';
import { compareHits, HitReader, type HitRow, hitColumns } from './hits.ts';
import { findRememberedMatches, readAdvisoryState, rememberMatches } from './image-descriptions.ts';
import { lookupColumns, packagesWithRows } from './match-key.ts';
import { decodeOrder } from './package-order.ts';
import type { Tables } from './schema.ts';

/** A row of the join. */
interface MatchRow extends HitRow {
  readonly part: number;
  readonly position: number;
  readonly has_key: unknown;
}

/** The range join under one match key: every pair of a package of the image and a row whose range contains the installed version. */
export function rangeJoin(
  db: Kysely<Tables>,
  image: number,
  by: MatchKey = 'name',
): SelectQueryBuilder<Tables, 'package' | 'image_set' | 'set_package' | 'affected', object> {
  return packagesWithRows(db, by)
    .innerJoin('set_package', 'set_package.package_id', 'package.id')
    .innerJoin('image_set', 'image_set.set_id', 'set_package.set_id')
    .where('image_set.image_id', '=', image)
    .where('affected.fix_state', '<>', 'not-affected');
}

interface MatchScope {
  /** Milliseconds since 1970; now if absent. */
  readonly moment?: number | undefined;
  readonly by?: MatchKey;
  /** Only these parts of the image. */
  readonly parts?: readonly number[] | undefined;
}

/** Selects the fields of each pair of the range join whose record is current, now or at a moment in the past. */
export function matchQuery(
  db: Kysely<Tables>,
  image: number,
  { moment, by = 'name', parts }: MatchScope = {},
): SelectQueryBuilder<
  Tables,
  'package' | 'image_set' | 'set_package' | 'affected' | 'vulnerability' | 'feed' | 'namespace',
  MatchRow
> {
  return rangeJoin(db, image, by)
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .where((eb) => isValidAt(eb, moment))
    .where((eb) => (parts === undefined ? eb.lit(true) : eb('image_set.part', 'in', padToPowerOfTwo(parts))))
    .select(['image_set.part', 'set_package.position', ...hitColumns])
    .select((eb) => eb(lookupColumns[by].key, 'is not', null).as('has_key'));
}

/** A hit on the package at a position of a set. */
export interface SetMatch {
  readonly position: number;
  readonly hit: StoredHit;
}

/** The matches of package sets by the identities of the sets, each for a state of the advisories. */
export type MatchCache = RevisionCache<readonly SetMatch[]>;

/** Options of `findMatches`. */
interface FindOptions {
  readonly moment: number | undefined;
  readonly cache: MatchCache;
  /** See `MatchOptions`. */
  readonly isRemembered: boolean;
}

/**
 * Returns the rows that may make the packages of an image vulnerable, in canonical order. The current matches of sets are cached, because
 * most images share their sets with others.
 */
export async function findMatches(
  engine: Engine,
  image: number,
  { moment, cache, isRemembered }: FindOptions,
): Promise<StoredMatch[]> {
  const { db } = engine;
  if (moment !== undefined) return await readWhole(db, image, { moment });
  if (isRemembered) return await findOrRemember(engine, image);
  const parts = await readParts(db, image);
  const before = await readState(db, image);
  const cached = parts.map(({ part, set }) => [part, cache.get(set, before.revision)] as const);
  const missing = parts.filter((_, i) => cached[i]?.[1] === undefined);
  if (missing.length === 0) return inOrder(before, new Map(cached));
  const found = await readMatches(db, image, { parts: missing.map(({ part }) => part) });
  const after = await readState(db, image);
  // All results must be of one state of the advisories. Read again by one query, they are.
  if (after.revision !== before.revision) return await readWhole(db, image);
  for (const { part, set } of missing) cache.set(set, before.revision, found.get(part) ?? []);
  return inOrder(before, new Map([...cached, ...found]));
}

/** Returns the matches that are remembered of the same state of the advisories; else reads and remembers them. */
async function findOrRemember(engine: Engine, image: number): Promise<StoredMatch[]> {
  const { db } = engine;
  const state = await readAdvisoryState(db);
  const remembered = await findRememberedMatches(db, image, state);
  if (remembered !== undefined) return remembered;
  const found = await readWhole(db, image);
  if ((await readAdvisoryState(db)) === state) await rememberMatches(engine, image, { state, found });
  return found;
}

/** Reads all matches of an image by one query. */
async function readWhole(
  db: Kysely<Tables>,
  image: number,
  scope: Pick<MatchScope, 'moment'> = {},
): Promise<StoredMatch[]> {
  const matches = await readMatches(db, image, scope);
  // Read afterwards: if the image still exists, all of its packages did.
  return inOrder(await readState(db, image), matches);
}

interface PartSet {
  readonly part: number;
  /** Identity of its set. */
  readonly set: string;
}

async function readParts(db: Kysely<Tables>, image: number): Promise<PartSet[]> {
  return await db
    .selectFrom('image_set')
    .innerJoin('package_set', 'package_set.id', 'image_set.set_id')
    .select(['image_set.part', 'package_set.identity as set'])
    .where('image_set.image_id', '=', image)
    .execute();
}

/** An image as it is found, and a text that differs for each state of the advisories and of the version schemes of namespaces. */
interface ImageState {
  readonly order: string | null;
  readonly revision: string;
}

/** Throws if the image does not exist: one whose rows are being deleted must not pass for one without vulnerabilities. */
async function readState(db: Kysely<Tables>, image: number): Promise<ImageState> {
  const found = await db
    .selectFrom('image')
    .select('package_order as order')
    .select([
      sql`(select sum(revision) from feed)`.as('applications'),
      sql`(select count(*) from namespace where version_scheme <> '')`.as('schemes'),
    ])
    .where('id', '=', image)
    .executeTakeFirst();
  if (found === undefined) throw new Error(`there is no image ${image} in the database`);
  return { order: found.order, revision: `${String(found.applications)} ${String(found.schemes)}` };
}

/** Matches by the numbers of parts, each in the order of the positions and then in canonical order. */
type MatchesByPart = ReadonlyMap<number, readonly SetMatch[] | undefined>;

/** Reads the matches of an image, or of these parts, by one query. */
async function readMatches(
  db: Kysely<Tables>,
  image: number,
  scope: Omit<MatchScope, 'by'> = {},
): Promise<MatchesByPart> {
  const rows = await readRows(db, image, scope);
  const hits = new HitReader();
  const byPart = new Map<number, SetMatch[]>();
  for (const row of rows) {
    const matches = byPart.get(row.part) ?? [];
    byPart.set(row.part, matches);
    matches.push({ position: row.position, hit: hits.read(row, Boolean(row.has_key)) });
  }
  return byPart;
}

/** Reads the rows of the join under both match keys, in the order of the positions and then in canonical order. */
async function readRows(
  db: Kysely<Tables>,
  image: number,
  scope: Omit<MatchScope, 'by'>,
): Promise<MatchRow[]> {
  const rows = await matchQuery(db, image, scope)
    .unionAll(matchQuery(db, image, { ...scope, by: 'source' }))
    .execute();
  return rows.sort((a, b) => a.position - b.position || compareHits(a, b));
}

/** Returns the matches of an image that is one part, whose positions are those of its packages. */
export async function findMatchesOfPart(db: Kysely<Tables>, image: number): Promise<StoredMatch[]> {
  const hits = new HitReader();
  const rows = await readRows(db, image, {});
  return rows.map((row) => ({ ...hits.read(row, Boolean(row.has_key)), package: row.position }));
}

/** Returns the matches in the order of the packages of the image. */
function inOrder({ order }: ImageState, byPart: MatchesByPart): StoredMatch[] {
  const positionOf = decodeOrder(order);
  const matches: StoredMatch[] = [];
  for (const [part, ofPart = []] of byPart)
    for (const { position, hit } of ofPart) matches.push({ ...hit, package: positionOf(part, position) });
  return matches.sort((a, b) => a.package - b.package);
}
