import { type Kysely, sql } from 'kysely';
import { limits } from '../../../core/limits.ts';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import type { Engine } from '../engine.ts';
import type { Tables } from '../schema.ts';
import {
  type GroupCode,
  type GroupCounts,
  packRepository,
  packSums,
  unpackCounts,
  unpackRepository,
} from './age-groups.ts';
import { depthOf, endOfFolder, foldersOf, pathOfFolder, repositoryOfPath } from './age-paths.ts';
import { type AgeRow, saveRows } from './follow-repositories.ts';
import { nextAges, withoutOld } from './next-ages.ts';

/** Number of repositories that are read at a time, and of sums per transaction. */
const repositoriesAtATime = 100;
const sumsAtATime = 100;

/**
 * Reads the rows of all repositories in their order. Closes the findings of those without a name, deletes what is old, and adds up the others
 * for each path. Returns false if the signal aborts before the end.
 */
export async function sumAges(engine: Engine, day: number, signal: AbortSignal): Promise<boolean> {
  const folders = new FolderSums();
  for (let after: Uint8Array | undefined, isMore = true; isMore; ) {
    if (signal.aborted) return false;
    const rows = await nextRows(engine.db, after);
    const kept = await keepRows(engine, rows, day);
    for (const row of kept) folders.add(row);
    after = rows.at(-1)?.path;
    isMore = rows.length === repositoriesAtATime;
    await saveSums(engine, folders.takeEnded(isMore ? sumsAtATime : 0));
  }
  await saveSums(engine, folders.end());
  await engine.write(dropOrphans, 'own rows');
  return true;
}

async function nextRows(db: Kysely<Tables>, after: Uint8Array | undefined): Promise<AgeRow[]> {
  const rows = db.selectFrom('repository_age').selectAll().orderBy('path').limit(repositoriesAtATime);
  return await (after === undefined ? rows : rows.where('path', '>', after)).execute();
}

/** Writes the rows that change, and returns all that stay. */
async function keepRows(engine: Engine, rows: readonly AgeRow[], day: number): Promise<AgeRow[]> {
  if (rows.length === 0) return [];
  const named = await namedRepositories(
    engine.db,
    rows.map(({ path }) => repositoryOfPath(path)),
  );
  const kept: AgeRow[] = [];
  const changed: AgeRow[] = [];
  const dropped: Uint8Array[] = [];
  for (const row of rows) {
    const isNamed = named.has(repositoryOfPath(row.path));
    const content = keptContent(row, { day, isNamed });
    if (content.length === 0 && !isNamed) dropped.push(row.path);
    else kept.push({ path: row.path, content });
    if (Buffer.compare(content, row.content) !== 0) changed.push({ path: row.path, content });
  }
  if (changed.length > 0 || dropped.length > 0)
    await engine.write(async (db) => {
      await saveRows(db, changed);
      if (dropped.length > 0) await db.deleteFrom('repository_age').where('path', 'in', dropped).execute();
    }, 'own rows');
  return kept;
}

function keptContent(
  { content }: AgeRow,
  { day, isNamed }: { readonly day: number; readonly isNamed: boolean },
): Uint8Array {
  const ages = unpackRepository(content);
  const current = isNamed ? ages : nextAges(ages, new Map(), day);
  return packRepository(withoutOld(current, day - limits.closedFindingDays + 1));
}

async function namedRepositories(db: Kysely<Tables>, names: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('image_name')
    .select('repository')
    .distinct()
    .where('repository', 'in', padToPowerOfTwo(names))
    .where('until', 'is', null)
    .execute();
  return new Set(rows.map(({ repository }) => repository));
}

/** The sums of a path, by its name. */
interface FolderSum {
  readonly name: string;
  readonly counts: GroupCounts;
}

/** Adds up repositories that come in the order of their paths: the paths that a repository is in are those that are open when it comes. */
class FolderSums {
  readonly #open: { readonly name: string; readonly counts: Map<GroupCode, number> }[] = [
    { name: '', counts: new Map() },
  ];
  #ended: FolderSum[] = [];

  add({ path, content }: AgeRow): void {
    const folders = foldersOf(repositoryOfPath(path));
    while (this.#open.length > folders.length || this.#open.at(-1)?.name !== folders[this.#open.length - 1])
      this.#close();
    for (const name of folders.slice(this.#open.length)) this.#open.push({ name, counts: new Map() });
    this.#addToTop(unpackCounts(content, { hasKeys: true }));
  }

  /** Returns and removes the sums that are complete, if there are at least that many. */
  takeEnded(atLeast: number): readonly FolderSum[] {
    if (this.#ended.length < atLeast) return [];
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  /** Returns the sums that are left after the last repository. */
  end(): readonly FolderSum[] {
    while (this.#open.length > 0) this.#close();
    return this.takeEnded(0);
  }

  #close(): void {
    const top = this.#open.pop();
    if (top === undefined) return;
    this.#addToTop(top.counts);
    this.#ended.push(top);
  }

  #addToTop(counts: GroupCounts): void {
    const sums = this.#open.at(-1)?.counts;
    for (const [code, count] of counts) sums?.set(code, count + (sums.get(code) ?? 0));
  }
}

/** Writes the sums that differ from those that are stored. */
async function saveSums(engine: Engine, sums: readonly FolderSum[]): Promise<void> {
  if (sums.length === 0) return;
  const rows = sums.map(({ name, counts }) => ({
    name,
    path: pathOfFolder(name),
    content: packSums(counts),
  }));
  const changed: typeof rows = [];
  for (const row of rows) {
    const { path, content } = row;
    const stored = await readSums(engine.db, path);
    if (stored === undefined || Buffer.compare(stored, content) !== 0) changed.push(row);
  }
  if (changed.length === 0) return;
  await engine.write(async (db) => {
    for (const { name, path, content } of changed)
      await db
        .insertInto('age_sum')
        .values({ path, path_end: endOfFolder(path), depth: depthOf(name), content })
        .onConflict((conflict) => conflict.column('path').doUpdateSet({ content }))
        .execute();
  }, 'own rows');
}

/** Returns the sums of a path as bytes. */
export async function readSums(db: Kysely<Tables>, path: Uint8Array): Promise<Uint8Array | undefined> {
  const row = db.selectFrom('age_sum').select('content').where('path', '=', path);
  return (await row.executeTakeFirst())?.content;
}

/** Deletes the sums of paths without repositories, but for that of all. */
async function dropOrphans(db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom('age_sum')
    .where('path', '<>', pathOfFolder(''))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('repository_age')
            .select('repository_age.path')
            .where('repository_age.path', '>', sql.ref<Uint8Array>('age_sum.path'))
            .where('repository_age.path', '<', sql.ref<Uint8Array>('age_sum.path_end')),
        ),
      ),
    )
    .execute();
}
