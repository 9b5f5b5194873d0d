import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';

const walSuffix = '-wal';
const journalSuffix = '-journal';

/** Where the write-ahead log of a SQLite database lies. */
export function walPath(database: string): string {
  return database + walSuffix;
}

/** Tells of a log that is there without its database: what it holds cannot be read. A log without content is as good as none. */
export function* orphanedWal(database: string, files: Files): Generator<ListerEvent> {
  const path = walPath(database);
  if ((files.get(path)?.length ?? 0) > 0)
    yield { path, problem: 'is a write-ahead log without its database' };
}

/** Where the rollback journal of a SQLite database lies. */
export function journalPath(database: string): string {
  return database + journalSuffix;
}

/**
 * Reports a rollback journal of a transaction that did not finish: SQLite would first undo what the database file holds of it.
 * A journal without content, or whose head is overwritten with zeros, is that of a finished one. sqlite.org/atomiccommit.html,
 * section 4.2.
 */
export function* hotJournal(database: string, files: Files): Generator<ListerEvent> {
  const path = journalPath(database);
  const journal = files.get(path);
  if (journal !== undefined && journal.length > 0 && journal[0] !== 0)
    yield {
      path,
      problem:
        'is the journal of a transaction that did not finish; the database beside it may list other packages than rpm would. Run "rpm --rebuilddb" in the image',
    };
}
