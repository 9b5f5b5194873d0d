import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { unusable } from './availability.ts';

/** The name of the attached file in queries. Tables that the database in memory lacks are found in it. */
export const attachedSchema = 'stored';

/** A database file that this process can read and not write. */
export interface ReadOnlyFile {
  readonly path: string;
  /** Whether another process may write it meanwhile: it has a write-ahead log. */
  readonly mayChange: boolean;
  /** Throws `store-unusable` if the file has changed since it was opened. */
  assertUnchanged(): void;
}

/** Returns the file if it can only be read; undefined if it is writable or missing. Writing also requires a writable directory. */
export function readOnlyFile(path: string): ReadOnlyFile | undefined {
  if (versionOf(path) === undefined || (isWritable(path) && isWritable(dirname(path)))) return undefined;
  const opened = versionOf(path);
  const mayChange = hasWal(path);
  return {
    path,
    mayChange,
    assertUnchanged() {
      // A file that may change is read under locks.
      if (mayChange || versionOf(path) === opened) return;
      throw unusable(path, 'it was replaced or written while it was read: run the command again');
    },
  };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats && `${stats.dev}.${stats.ino}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}`;
}

/** Returns whether another process has the file open, or closed it without a checkpoint: its changes are in a log. */
function hasWal(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

const systemFiles = process.platform === 'win32' ? 'win32' : 'unix';

/**
 * Attaches a file to a database in memory. Without a log the file is opened as immutable. Only so can a file in WAL mode be read in
 * a read-only directory (sqlite.org/wal.html#read_only_databases).
 */
export function attachReadOnly(database: DatabaseSync, { path, mayChange }: ReadOnlyFile): void {
  const url = pathToFileURL(path);
  // Attached files would also be in memory, unless they name the VFS of the system.
  url.search = `vfs=${systemFiles}&mode=ro${mayChange ? '' : '&immutable=1'}`;
  // Foreign keys would refer from tables in memory to tables of the file, which SQLite cannot check.
  database.exec('pragma foreign_keys = off');
  database.prepare(`attach ? as ${attachedSchema}`).run(url.href);
  database.exec(
    `pragma ${attachedSchema}.cache_size = -65536; pragma ${attachedSchema}.mmap_size = 1073741824;`,
  );
}

/** The tables that a scan writes. */
const shadowedTables = [
  'layer',
  'image',
  'image_layer',
  'image_set',
  'package_set',
  'set_package',
  'package',
  'namespace',
] as const;

/** Creates tables in memory that shadow those of the file, for the writes of a scan. Does nothing if they exist. */
export function shadowWrittenTables(database: DatabaseSync, { mayChange }: ReadOnlyFile): void {
  const { made } = database.prepare('select count(*) as made from main.sqlite_schema').get() ?? {};
  if (made !== 0) return;
  // A lock in memory does not keep another process from changing the file.
  const names = [...shadowedTables, ...(mayChange ? [] : ['lock'])].map((name) => `'${name}'`).join(', ');
  const definitions = database
    .prepare(
      `select sql from ${attachedSchema}.sqlite_schema where tbl_name in (${names}) and sql is not null order by type = 'index'`,
    )
    .all();
  database.exec('begin');
  for (const { sql } of definitions) database.exec(String(sql));
  // Rows of advisories refer to namespaces by these numbers.
  database.exec(`insert into main.namespace select * from ${attachedSchema}.namespace; commit`);
}
