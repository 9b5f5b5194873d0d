import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { unusable } from './unusable.ts';

/** The name of the attached file in queries. Tables that memory does not have are found in it. */
export const attachedSchema = 'stored';

/** A database file that this process may read and not write. */
export interface ReadOnlyFile {
  readonly path: string;
  /** Whether another process may write it meanwhile: there is a log beside it. */
  readonly mayChange: boolean;
  /** Throws `store-unusable` where the file is no longer as it was when it was opened. */
  assertUnchanged(): void;
}

/** The file as one that can only be read; undefined where it can be written or is not there. SQLite has to write beside the file, too. */
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

/** Whether another process has the file open, or left it without a checkpoint: what it wrote is in a log beside it. */
function hasWal(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

const systemFiles = process.platform === 'win32' ? 'win32' : 'unix';

/**
 * Attaches a file to a database in memory. Without a log it is opened as immutable: only so can a file in WAL mode be read in a directory
 * that cannot be written (sqlite.org/wal.html#read_only_databases).
 */
export function attachReadOnly(database: DatabaseSync, { path, mayChange }: ReadOnlyFile): void {
  const url = pathToFileURL(path);
  // Attached files would be in memory as well, unless they name how the system has files.
  url.search = `vfs=${systemFiles}&mode=ro${mayChange ? '' : '&immutable=1'}`;
  // References would lead from tables in memory to tables of the file, which SQLite cannot check.
  database.exec('pragma foreign_keys = off');
  database.prepare(`attach ? as ${attachedSchema}`).run(url.href);
  database.exec(
    `pragma ${attachedSchema}.cache_size = -65536; pragma ${attachedSchema}.mmap_size = 1073741824;`,
  );
}

/** What a scan writes. */
const shadowedTables = ['layer', 'image', 'image_layer', 'image_package', 'package', 'namespace'] as const;

/** Makes tables in memory that stand before those of the file, for what a scan writes. Does nothing where they are there. */
export function shadowWrittenTables(database: DatabaseSync, { mayChange }: ReadOnlyFile): void {
  const { made } = database.prepare('select count(*) as made from main.sqlite_schema').get() ?? {};
  if (made !== 0) return;
  // A lock in memory keeps no other process from changing the file.
  const names = [...shadowedTables, ...(mayChange ? [] : ['lock'])].map((name) => `'${name}'`).join(', ');
  const definitions = database
    .prepare(
      `select sql from ${attachedSchema}.sqlite_schema where tbl_name in (${names}) and sql is not null order by type = 'index'`,
    )
    .all();
  database.exec('begin');
  for (const { sql } of definitions) database.exec(String(sql));
  // Rows of advisories name namespaces by these numbers.
  database.exec(`insert into main.namespace select * from ${attachedSchema}.namespace; commit`);
}
