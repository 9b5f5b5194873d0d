import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';

const walSuffix = '-wal';
const journalSuffix = '-journal';

/** Returns the path of the write-ahead log of a SQLite database. */
export function walPath(database: string): string {
  return database + walSuffix;
}

/** Reports a log without its database, since its content cannot be read. Ignores an empty log. */
export function* orphanedWal(database: string, files: Files): Generator<ListerEvent> {
  const path = walPath(database);
  if ((files.get(path)?.length ?? 0) > 0)
    yield { kind: 'problem', path, problem: 'is a write-ahead log without its database' };
}

/** Says that a database was read with its log. SQLite leaves an empty log behind, which adds nothing. */
export function* readWithWal(database: string, log: Uint8Array | undefined): Generator<ListerEvent> {
  if (log !== undefined && log.length > 0)
    yield { kind: 'read-with', path: database, readWith: walPath(database) };
}

/** Returns the path of the rollback journal of a SQLite database. */
export function journalPath(database: string): string {
  return database + journalSuffix;
}

/**
 * Reports the rollback journal of an unfinished transaction, which SQLite would first undo in the database file. A
 * journal that is empty or has a zeroed header is of a finished one (sqlite.org/atomiccommit.html, section 4.2).
 */
export function* hotJournal(database: string, files: Files): Generator<ListerEvent> {
  const path = journalPath(database);
  const journal = files.get(path);
  if (journal !== undefined && journal.length > 0 && journal[0] !== 0)
    yield {
      kind: 'problem',
      path,
      problem:
        'is the journal of a transaction that did not finish; the database beside it may list other packages than rpm would. Run "rpm --rebuilddb" in the image',
    };
}
