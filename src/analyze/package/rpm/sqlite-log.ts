import type { Files } from '../../../plugin/layer-files.ts';
import type { Listed } from '../../../plugin/package-lister.ts';

const logSuffix = '-wal';

/** Where the write-ahead log of a SQLite database lies. */
export function logOf(database: string): string {
  return database + logSuffix;
}

/** Tells of a log that is there without its database: what it holds cannot be read. A log without content is as good as none. */
export function* loneLog(database: string, files: Files): Generator<Listed> {
  const path = logOf(database);
  if ((files.get(path)?.length ?? 0) > 0)
    yield { path, problem: 'is a write-ahead log without its database' };
}
