import { createHash } from 'node:crypto';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { compareText } from '../../model/order.ts';
import { everyKey } from '../../plugin/version-scheme.ts';
import type { FeedEnrichment } from '../enrichment-store.ts';
import type { FeedName } from '../feed-state.ts';
import type { ShardRecord, ShardRow, WrittenShard } from '../shard.ts';
import { fromSqliteError } from '../sql/dialect/sqlite-errors.ts';
import { writeDetails } from '../sql/record.ts';
import { packedScores } from '../sql/score-packs.ts';
import { milliseconds } from '../sql/times.ts';
import type { ShardRows } from './shard-rows.ts';
import {
  numberBlocks,
  numbersPerShard,
  rowFlags,
  shardApplicationId,
  shardForm,
  shardTables,
} from './shard-tables.ts';

/** Where a shard is written, and what its numbers continue. */
export interface WriteShardOptions {
  /** The file to create. It must not exist. */
  readonly path: string;
  /** The shard of the same namespace that was published before. Records that did not change keep their numbers. */
  readonly before?: string;
  /** The block of its numbers if `before` is absent; by default one that depends on the name. */
  readonly block?: number;
  /** Blocks of numbers of the other shards. */
  readonly usedBlocks: ReadonlySet<number>;
}

/** Writes a shard. Equal content and an equal shard before give an equal file. */
export function writeShard(content: ShardRows, options: WriteShardOptions): WrittenShard {
  const earlier = numbersBefore(options.before);
  const block = earlier.block ?? (options.block || freeBlock(content.namespace.name, options.usedBlocks));
  const database = new DatabaseSync(':memory:');
  try {
    createTables(database);
    const writer = new ShardWriter(database, new ShardNumbers(block, earlier));
    writer.write(content);
    database.prepare('vacuum into ?').run(options.path);
    const isEmpty = content.records.length === 0;
    return { rows: writer.rows, canaries: canariesOf(content), block: isEmpty ? 0 : block };
  } catch (error) {
    throw fromSqliteError(error, options.path);
  } finally {
    database.close();
  }
}

const canaryCount = 10;

/** Returns the ids of records that are evenly spread. */
function canariesOf({ records, ratings }: ShardRows): string[] {
  const named = records.length === 0 ? ratings : records;
  const ids = [...new Set(named.map(({ id }) => id))].sort(compareText);
  const step = Math.max(1, ids.length / canaryCount);
  return ids.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step)).slice(0, canaryCount);
}

function createTables(database: DatabaseSync): void {
  database.exec('pragma page_size = 4096; pragma foreign_keys = off');
  for (const statement of shardTables) database.exec(statement);
  database.exec(`pragma application_id = ${shardApplicationId}; pragma user_version = ${shardForm}`);
}

/** Numbers of records by source, feed, key and time of the last change. */
interface EarlierNumbers {
  readonly block: number | undefined;
  readonly numbers: ReadonlyMap<string, number>;
}

function numberKey(source: string, feed: string, key: string, since: number): string {
  return JSON.stringify([source, feed, key, since]);
}

/** Reads the numbers of an earlier shard. */
function numbersBefore(path: string | undefined): EarlierNumbers {
  if (path === undefined) return { block: undefined, numbers: new Map() };
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database
      .prepare(
        'select vulnerability.id, source, feed.name as feed, key, since from vulnerability join feed on feed.id = feed_id',
      )
      .all() as { id: number; source: string; feed: string; key: string; since: number }[];
    const [first] = rows;
    return {
      block: first && Math.floor(first.id / numbersPerShard),
      numbers: new Map(
        rows.map(({ id, source, feed, key, since }) => [numberKey(source, feed, key, since), id]),
      ),
    };
  } finally {
    database.close();
  }
}

/** Returns a block that no other shard uses. It depends on the name, so that it rarely changes when namespaces are added. */
function freeBlock(namespace: string, used: ReadonlySet<number>): number {
  let block = createHash('sha256').update(namespace).digest().readUInt32BE(0) % numberBlocks;
  while (block === 0 || used.has(block)) block = (block + 1) % numberBlocks;
  return block;
}

/** Numbers records: as before if they have not changed, else behind all earlier numbers. */
class ShardNumbers {
  readonly #earlier: ReadonlyMap<string, number>;
  #last: number;

  constructor(block: number, { numbers }: EarlierNumbers) {
    this.#earlier = numbers;
    this.#last = block * numbersPerShard;
    for (const number of numbers.values()) this.#last = Math.max(this.#last, number);
  }

  numberOf({ source, feed, key }: ShardRecord, since: number): number {
    return this.#earlier.get(numberKey(source, feed, key, since)) ?? ++this.#last;
  }
}

function flagsOf({ range, keys, only }: ShardRow): number {
  return (
    (keys === undefined ? 0 : rowFlags.isKeyed) |
    (range.fromExcluded ? rowFlags.fromExcluded : 0) |
    (range.toIncluded ? rowFlags.toIncluded : 0) |
    (only?.arch?.includes('src') ? rowFlags.matchesSource : 0)
  );
}

/** Writes the rows of a shard. */
class ShardWriter {
  readonly #database: DatabaseSync;
  readonly #numbers: ShardNumbers;
  readonly #statements = new Map<string, StatementSync>();
  readonly #feeds = new Map<string, number>();
  readonly #conditions = new Map<string, number>();
  rows = 0;

  constructor(database: DatabaseSync, numbers: ShardNumbers) {
    this.#database = database;
    this.#numbers = numbers;
  }

  write({ namespace, feeds, records, ratings }: ShardRows): void {
    this.#database.exec('begin');
    this.#insert('shard', [namespace.name, namespace.versionScheme]);
    for (const { source, feed } of feeds) {
      this.#feeds.set(JSON.stringify([source, feed]), this.#feeds.size + 1);
      this.#insert('feed', [this.#feeds.size, source, feed]);
    }
    for (const record of records) this.#addRecord(record);
    this.#addRatings(ratings);
    for (const [content, id] of this.#conditions) this.#insert('conditions', [id, content]);
    this.#database.exec('commit');
  }

  /** Adds ratings: scores of CVEs in packs, everything else as rows. */
  #addRatings(ratings: readonly FeedEnrichment[]): void {
    const { packs, others } = packedScores(ratings);
    for (const { block, pack, ...feed } of packs)
      this.#insert('score_pack', [block, this.#feedOf(feed), pack.bytes]);
    for (const { id, source, feed, ...data } of others)
      this.#insert('enrichment', [id, this.#feedOf({ source, feed }), JSON.stringify(data)]);
  }

  #addRecord(record: ShardRecord): void {
    const since = milliseconds(record.validFrom);
    const number = this.#numbers.numberOf(record, since);
    const { key, id, severity } = record;
    const packages = [...new Set(record.affected.map((row) => row.package))].sort(compareText);
    const details = writeDetails(record);
    const values = [
      number,
      this.#feedOf(record),
      key,
      id,
      severity,
      details,
      since,
      JSON.stringify(packages),
    ];
    this.#insert('vulnerability', values);
    for (const alias of new Set(record.aliases)) this.#insert('alias', [alias, number]);
    for (const row of record.affected) this.#addRow(row, number);
  }

  #addRow(row: ShardRow, number: number): void {
    const { range, fix, only, position } = row;
    const { lo, hi } = row.keys ?? everyKey;
    const version = fix.state === 'fixed' && fix.version !== range.to ? fix.version : null;
    const fixed = [range.from ?? null, range.to ?? null, fix.state, version, row.severity ?? null];
    this.#insert('affected', [
      row.package,
      hi,
      lo,
      number,
      position,
      flagsOf(row),
      ...fixed,
      this.#conditionsOf(only),
    ]);
    this.rows++;
  }

  #conditionsOf(only: ShardRow['only']): number | null {
    if (only === undefined) return null;
    const content = JSON.stringify(only);
    const known = this.#conditions.get(content) ?? this.#conditions.size + 1;
    this.#conditions.set(content, known);
    return known;
  }

  #feedOf({ source, feed }: FeedName): number {
    const id = this.#feeds.get(JSON.stringify([source, feed]));
    if (id === undefined) throw new Error(`${source} ${feed} is not among the feeds of the shard`);
    return id;
  }

  #insert(table: string, values: readonly SQLInputValue[]): void {
    const known = this.#statements.get(table);
    const statement =
      known ?? this.#database.prepare(`insert into ${table} values (${values.map(() => '?').join(', ')})`);
    if (known === undefined) this.#statements.set(table, statement);
    statement.run(...values);
  }
}
