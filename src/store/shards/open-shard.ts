import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Kysely, type SqlBool, sql } from 'kysely';
import type * as z from 'zod/mini';
import { ClairError, messageOf } from '../../core/errors.ts';
import type { NamedBySource } from '../advisory-store.ts';
import type { FeedEnrichment } from '../enrichment-store.ts';
import type { FeedName } from '../feed-state.ts';
import type { ImagePackage, PackageLookup, StoredMatch } from '../image-store.ts';
import type { PageRequest } from '../page.ts';
import type { NumberedPart, ShardFile, ShardRecord } from '../shard.ts';
import { findNamesEnding } from '../sql/affected-names.ts';
import { sqliteDialect } from '../sql/dialect/sqlite.ts';
import { type FoundEnrichment, findRows, pageByFeed } from '../sql/enrichments.ts';
import { findMatchesOfPart } from '../sql/matches.ts';
import type { Tables } from '../sql/schema.ts';
import { findScores } from '../sql/score-rows.ts';
import {
  findVulnerabilitiesByNumber,
  type RowCondition,
  vulnerabilityStore,
} from '../sql/vulnerabilities.ts';
import type { NumberedId, StoredVulnerability, VulnerabilityStore } from '../vulnerability-store.ts';
import { shardHits, shardNames, shardRatings, shardRecords } from './shard-schemas.ts';
import { numbersPerShard, rowFlags, shardApplicationId, shardForm, shardTables } from './shard-tables.ts';

/** The fields of a package that matching needs. */
type LookedUp = Pick<ImagePackage, 'lookup' | 'source'>;

/** An open shard. Its functions throw `feed-corrupt` if the file is damaged. */
export class OpenShard implements Disposable {
  readonly file: ShardFile;
  /** The first part of the numbers of its records. */
  readonly block: number;
  /** The sources that the publisher used for the namespace. */
  readonly sources: ReadonlySet<string>;
  readonly #database: DatabaseSync;
  readonly #db: Kysely<Tables>;
  readonly #records: VulnerabilityStore;
  #images = 0;
  #packages = 0;

  /** Opens a file, which must not change meanwhile. Throws `feed-corrupt` unless its tables are exactly those of a shard. */
  constructor(file: ShardFile) {
    this.file = file;
    this.sources = new Set(file.states.map(({ source }) => source));
    this.#database = this.#guard(() => openFile(file));
    this.#db = new Kysely<Tables>({ dialect: sqliteDialect(() => this.#database, file.path) });
    this.#records = vulnerabilityStore({ db: this.#db }, () => 0);
    this.block = this.#guard(() => firstBlock(this.#database));
  }

  get isEmpty(): boolean {
    return this.block === 0;
  }

  /** Returns the rows that may make these packages vulnerable, in canonical order. `package` is a position in the list. */
  async findMatches(packages: readonly LookedUp[]): Promise<readonly StoredMatch[]> {
    return await this.#read(shardHits, async () => {
      const image = ++this.#images;
      this.#addPackages(image, packages);
      const matches = await findMatchesOfPart(this.#db, image);
      this.#removePackages(image);
      return matches;
    });
  }

  /** Whether a number is of one of its records. */
  has(number: number): boolean {
    return !this.isEmpty && Math.floor(number / numbersPerShard) === this.block;
  }

  /** Returns the sources of its records. */
  async findSources(): Promise<readonly string[]> {
    return await this.#read(undefined, async () => {
      const withRecords = this.#db.selectFrom('vulnerability').select('feed_id');
      const rows = await this.#db
        .selectFrom('feed')
        .select('source')
        .where('id', 'in', withRecords)
        .execute();
      return rows.map(({ source }) => source);
    });
  }

  /** Returns the names of its packages that end with one of these texts. */
  async findNamesEnding(ends: readonly string[]): Promise<readonly NamedBySource[]> {
    const { name: namespace } = this.file.namespace;
    return await this.#read(shardNames, () =>
      findNamesEnding(this.#db, { namespace, moment: undefined }, ends),
    );
  }

  /** Returns the numbers of the records with any of these ids and aliases. */
  async findNumbersByNames(names: readonly string[]): Promise<readonly number[]> {
    return await this.#read(undefined, () => this.#records.findNumbersByNames(names));
  }

  async findByNumbers(numbers: readonly number[]): Promise<readonly StoredVulnerability[]> {
    return await this.#read(shardRecords, () =>
      findVulnerabilitiesByNumber(this.#db, numbers, rowsByPackage),
    );
  }

  /** Returns the numbers of the records with these ids. */
  async findNumbersByIds(ids: readonly string[]): Promise<readonly number[]> {
    return await this.#read(undefined, async () => {
      const named = this.#db.selectFrom('vulnerability').select('id').where('name', 'in', ids);
      return (await named.execute()).map(({ id }) => id);
    });
  }

  /** Returns the numbers of its records of a feed, by key. */
  numbersByKey({ source, feed }: FeedName): ReadonlyMap<string, number> {
    return this.#guard(() => {
      const rows = this.#database
        .prepare(
          'select key, id from main.vulnerability where feed_id = (select id from main.feed where source = ? and name = ?)',
        )
        .all(source, feed);
      return new Map(rows.map(({ key, id }) => [String(key), Number(id)]));
    });
  }

  /** Returns records by their numbers, with the positions of their rows in the whole records. */
  async findNumberedParts(numbers: readonly number[]): Promise<readonly NumberedPart[]> {
    const records = await this.findByNumbers(numbers);
    const positions = this.#positionsOf(numbers);
    return records.map((record) => ({
      ...record,
      affected: record.affected.map((row, i) => ({
        ...row,
        position: positions.get(record.number)?.[i] ?? i,
      })),
    }));
  }

  /** Returns the same without the numbers. */
  async findParts(numbers: readonly number[]): Promise<readonly ShardRecord[]> {
    return (await this.findNumberedParts(numbers)).map(({ number, validTo, ...part }) => part);
  }

  /** Returns the positions of the rows of records, in their order. */
  #positionsOf(numbers: readonly number[]): ReadonlyMap<number, readonly number[]> {
    const rows = this.#guard(() =>
      this.#database
        .prepare(
          `select vulnerability_id as id, position from main.affected
          where vulnerability_id in (select value from json_each(?1)) and package in (
            select value from main.vulnerability as record, json_each(record.packages)
            where record.id in (select value from json_each(?1)))
          order by position`,
        )
        .all(JSON.stringify(numbers)),
    );
    const byRecord = Map.groupBy(rows, ({ id }) => Number(id));
    return new Map([...byRecord].map(([id, of]) => [id, of.map(({ position }) => Number(position))]));
  }

  /** The number of its rows of affected packages. */
  get rows(): number {
    return this.#guard(() =>
      Number(this.#database.prepare('select count(*) as count from main.affected').get()?.['count']),
    );
  }

  /** Returns its ratings of a feed, by rising id. */
  async pageRatings(feed: FeedName, page: PageRequest<string>): Promise<readonly FeedEnrichment[]> {
    const found = await this.#read(undefined, () => pageByFeed(this.#db, feed, page));
    const ratings = found.map((rating) => ({ ...rating, source: feed.source }));
    this.#check(shardRatings, ratings);
    return ratings.map((rating) => ({ ...rating, feed: feed.feed }));
  }

  /** Returns which records it has, by rising number. */
  async page(page: PageRequest<number>): Promise<readonly NumberedId[]> {
    return await this.#read(undefined, async () => {
      let query = this.#db.selectFrom('vulnerability').select(['id as number', 'name as id']);
      if (page.after !== undefined) query = query.where('id', '>', page.after);
      return await query.orderBy('id').limit(page.limit).execute();
    });
  }

  async findRatings(ids: readonly string[]): Promise<readonly FoundEnrichment[]> {
    const found = await this.#read(undefined, async () => [
      ...(await findRows(this.#db, ids)),
      ...(await findScores(this.#db, ids)),
    ]);
    this.#check(
      shardRatings,
      found.map(({ enrichment }) => enrichment),
    );
    return found;
  }

  /** Throws `feed-corrupt` unless all pages and indexes are sound. */
  verifyPages(): void {
    this.#guard(() => {
      const { integrity_check: found } = this.#database.prepare('pragma main.integrity_check(1)').get() ?? {};
      if (found !== 'ok') throw new Error(String(found));
    });
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Adds the packages of the namespace to temporary tables, which the range join reads as those of an image. */
  #addPackages(image: number, packages: readonly LookedUp[]): void {
    const { name } = this.file.namespace;
    const insert = this.#database.prepare('insert into temp.package values (?, 1, ?, ?, ?, ?, ?)');
    const place = this.#database.prepare('insert into temp.set_package values (?, ?, ?)');
    this.#database.exec('begin');
    for (const [position, { lookup, source }] of packages.entries()) {
      if (lookup?.namespace.name !== name) continue;
      const number = ++this.#packages;
      insert.run(number, lookup.name, lookup.key ?? null, ...sourceColumns(lookup, source));
      place.run(image, position, number);
    }
    this.#database.exec(`insert into temp.image_set values (${image}, 0, ${image}); commit`);
  }

  #removePackages(image: number): void {
    this.#database.exec(`
      delete from temp.image_set where image_id = ${image};
      delete from temp.package where id in (select package_id from temp.set_package where set_id = ${image});
      delete from temp.set_package where set_id = ${image};
    `);
  }

  /** Reads from the file, and checks what it returns. */
  async #read<T>(schema: z.ZodMiniType | undefined, read: () => Promise<T>): Promise<T> {
    try {
      const found = await read();
      if (schema !== undefined) this.#check(schema, found);
      return found;
    } catch (error) {
      throw this.#damaged(error);
    }
  }

  #check(schema: z.ZodMiniType, found: unknown): void {
    const { error } = schema.safeParse(found);
    if (error === undefined) return;
    const [issue] = error.issues;
    throw this.#damaged(new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`));
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#damaged(error);
    }
  }

  #damaged(error: unknown): ClairError {
    if (error instanceof ClairError && error.code === 'feed-corrupt') return error;
    const { path, name } = this.file;
    return new ClairError(
      'feed-corrupt',
      `the advisories of ${name} in ${path} cannot be used: ${messageOf(error)}; delete the file, and it is fetched again`,
      { cause: error },
    );
  }
}

/** Finds the rows of records by the packages of the records: they have no index by record. */
const rowsByPackage: RowCondition = (numbers) => sql<SqlBool>`affected.package in (
  select value from main.vulnerability as record, json_each(record.packages)
  where record.id in (select value from json_each(${JSON.stringify(numbers)})))`;

/** Returns the name, version and key of the source package; a package without one has none. */
function sourceColumns(
  { source: compared }: PackageLookup,
  source: ImagePackage['source'],
): [string | null, string | null, Uint8Array | null] {
  return source === undefined
    ? [null, null, null]
    : [source.name, compared?.version ?? null, compared?.key ?? null];
}

/** Opens a file and checks all its pages. Throws `feed-corrupt`. */
export function verifyShard(file: ShardFile): void {
  const shard = new OpenShard(file);
  try {
    shard.verifyPages();
  } finally {
    shard[Symbol.dispose]();
  }
}

/** A file is immutable, so it is opened without locks. Settings are those for files of other programs (sqlite.org/security.html). */
function openFile(file: ShardFile): DatabaseSync {
  const url = pathToFileURL(file.path);
  url.search = 'mode=ro&immutable=1';
  const database = new DatabaseSync(url.href, { readOnly: true, allowExtension: false });
  try {
    database.exec(settings);
    assertForm(database, file);
    database.exec(viewsOf(file));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const settings = `
  pragma trusted_schema = off;
  pragma cell_size_check = on;
  pragma temp_store = memory;
  pragma mmap_size = 268435456;
`;

/** Throws unless the file is the named shard, with no other tables, views or triggers. */
function assertForm(database: DatabaseSync, { name, namespace }: ShardFile): void {
  const { user_version: form } = database.prepare('pragma user_version').get() ?? {};
  const { application_id: program } = database.prepare('pragma application_id').get() ?? {};
  if (program !== shardApplicationId) throw new Error('it is no file of advisories');
  if (form !== shardForm)
    throw new Error(`it has the form ${String(form)}, and this version reads ${shardForm}`);
  const stored = database
    .prepare('select sql from main.sqlite_schema where sql is not null')
    .all()
    .map(({ sql }) => String(sql));
  const isSame = stored.length === shardTables.length && shardTables.every((sql) => stored.includes(sql));
  if (!isSame) throw new Error('its tables differ from those of this version');
  const names = database.prepare('select name, version_scheme from main.shard limit 2').all();
  const [named] = names;
  if (names.length !== 1 || named?.['name'] !== name) throw new Error(`it is of ${String(named?.['name'])}`);
  if (named['version_scheme'] !== namespace.versionScheme)
    throw new Error(`it orders versions by ${String(named['version_scheme'])}`);
}

/** Returns the block of its numbers; 0 for a shard without records. Throws if its records have numbers of several blocks. */
function firstBlock(database: DatabaseSync): number {
  const { lowest, highest } = database
    .prepare('select min(id) as lowest, max(id) as highest from main.vulnerability')
    .get() ?? { lowest: null };
  if (lowest === null) return 0;
  const blocks = [lowest, highest].map((number) => Math.floor(Number(number) / numbersPerShard));
  if (blocks[0] === undefined || blocks[0] < 1 || blocks[0] !== blocks[1])
    throw new Error('its records have numbers of other files');
  return blocks[0];
}

/**
 * Temporary views with the tables that the queries of the store name, and temporary tables for packages. They hide the tables of the file.
 * SQLite resolves a view of one table into the join. Version keys that another version of a scheme made are not used.
 */
function viewsOf({ hasCurrentKeys, namespace }: ShardFile): string {
  const isSet = (flag: keyof typeof rowFlags): string => `(flags & ${rowFlags[flag]}) <> 0`;
  const keys = hasCurrentKeys
    ? `hi, lo, ${isSet('isKeyed')} as is_keyed`
    : `x'ff' as hi, x'' as lo, 0 as is_keyed`;
  return `
    create temp view namespace as
      select 1 as id, '${namespace.name.replaceAll("'", "''")}' as name, version_scheme from main.shard;
    create temp view feed as select id, source, name from main.feed;
    create temp view vulnerability as
      select id, feed_id, key, 0 as kept_for, '' as hash, name, severity, details,
        since as valid_from, null as valid_to
      from main.vulnerability;
    create temp view alias as select name, vulnerability_id from main.alias;
    create temp view affected as
      select vulnerability_id, 1 as namespace_id, package, ${keys}, position,
        range_from, ${isSet('fromExcluded')} as range_from_excluded,
        range_to, ${isSet('toIncluded')} as range_to_included,
        fix_state, fix_version, severity, ${isSet('matchesSource')} as matches_source,
        (select content from main.conditions where conditions.id = conditions_id) as conditions
      from main.affected;
    create temp view enrichment as select feed_id, id, '' as hash, data from main.enrichment;
    create temp view score_pack as select feed_id, block, content from main.score_pack;
    create temp table package (
      id integer primary key, namespace_id integer, lookup_name text, key blob, source_name text,
      source_lookup_version text, source_key blob) strict;
    create temp table set_package (
      set_id integer, position integer, package_id integer, primary key (set_id, position)
    ) strict, without rowid;
    create temp table image_set (
      image_id integer, part integer, set_id integer, primary key (image_id, part)
    ) strict, without rowid;
  `;
}
