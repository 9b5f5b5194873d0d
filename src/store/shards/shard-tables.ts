/** Number of the form of a shard: of its tables and of what their columns mean. Programs refuse every other form. */
export const shardForm = 1;

/** `Clas` in ASCII: distinguishes shards from the databases of this program (sqlite.org/fileformat2.html#application_id). */
export const shardApplicationId = 0x436c6173;

/** The bits of `affected.flags`. */
export const rowFlags = { isKeyed: 1, fromExcluded: 2, toIncluded: 4, matchesSource: 8 } as const;

/**
 * The numbers of the records of one shard span this many. A shard has a block of numbers of its own, so that the numbers of two shards
 * and of the store differ. Block 0 is that of the store.
 */
export const numbersPerShard: number = 2 ** 32;

/** Number of blocks below the largest exact integer of JavaScript. */
export const numberBlocks: number = 2 ** 20;

/**
 * The statements that make a shard, as SQLite stores them. A file with any other table, index, view or trigger is refused. `lo` and `hi`
 * bound the keys of the affected versions. `packages` has the names of the packages of a record as JSON: an index of the rows by record
 * would take four times the bytes. A record has no hash and no end: the file never changes.
 */
export const shardTables: readonly string[] = [
  'CREATE TABLE shard (name text not null, version_scheme text not null) strict',
  'CREATE TABLE feed (id integer primary key, source text not null, name text not null) strict',
  'CREATE TABLE vulnerability (id integer primary key, feed_id integer not null, key text not null, name text not null, severity text not null, details text not null, since integer not null, packages text not null) strict',
  'CREATE INDEX vulnerability_by_name on vulnerability (name)',
  'CREATE TABLE alias (name text not null, vulnerability_id integer not null, primary key (name, vulnerability_id)) strict, without rowid',
  'CREATE TABLE conditions (id integer primary key, content text not null) strict',
  'CREATE TABLE affected (package text not null, hi blob not null, lo blob not null, vulnerability_id integer not null, position integer not null, flags integer not null, range_from text, range_to text, fix_state text not null, fix_version text, severity text, conditions_id integer, primary key (package, hi, lo, vulnerability_id, position)) strict, without rowid',
  'CREATE TABLE enrichment (id text not null, feed_id integer not null, data text not null, primary key (id, feed_id)) strict, without rowid',
  'CREATE TABLE score_pack (block integer not null, feed_id integer not null, content blob not null, primary key (block, feed_id)) strict, without rowid',
];
