import { createReadStream } from 'node:fs';
import { ClairError, messageOf } from '../../core/errors.ts';
import { writeFileAtomically } from '../../kit/write-file-atomically.ts';
import { exportDatabase } from '../../service/feeds/export-database.ts';
import { encodeExport } from '../../service/feeds/export-file.ts';
import { type ImportedFeed, importDatabase } from '../../service/feeds/import-database.ts';
import { type DatabaseOptions, openCommandContext } from '../command-context.ts';
import { writeLines } from '../output.ts';
import { tuneForFeeds } from '../v8-flags.ts';
import { differenceText, feedColumn } from './feed-text.ts';

/** Runs `clair db export F`: writes all advisories and ratings of the database to one file. */
export async function exportToFile(path: string, options: DatabaseOptions): Promise<number> {
  await using context = await openCommandContext({ ...options, offline: true });
  tuneForFeeds();
  let digest = '';
  const lines = exportDatabase({ ...context.lockDeps, store: context.store, extensions: context.extensions });
  const bytes = await writeFileAtomically(
    path,
    encodeExport(lines, (found) => {
      digest = found;
    }),
  );
  context.progress.clear();
  writeLines([`${path} written: ${(bytes / 1e6).toFixed(1)} MB, ${digest}`]);
  return 0;
}

/** Options of `clair db import`. */
export interface ImportOptions extends Omit<DatabaseOptions, 'digest'> {
  /** The digest that `clair db export` printed. */
  readonly digest?: string;
}

/** Runs `clair db import F`: imports an exported file. Returns 3 if another process was updating one of its feeds. */
export async function importFromFile(path: string, options: ImportOptions): Promise<number> {
  const { digest, ...others } = options;
  await using context = await openCommandContext({ ...others, offline: true }, 'write');
  tuneForFeeds();
  const file = { name: path, content: () => contentOf(path) };
  const deps = {
    ...context.lockDeps,
    store: context.store,
    extensions: context.extensions,
    ...(digest && { digest }),
  };
  let isComplete = true;
  for await (const feed of importDatabase(file, deps)) {
    context.progress.clear();
    isComplete &&= feed.outcome !== 'busy';
    writeLines([lineOf(feed)]);
  }
  return isComplete ? 0 : 3;
}

async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new ClairError('feed-unavailable', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function lineOf(imported: ImportedFeed): string {
  const name = feedColumn(imported.source, imported.feed);
  switch (imported.outcome) {
    case 'imported':
      return `${name} imported: ${differenceText(imported.difference)}`;
    case 'newer':
      return `${name} is newer in this database and was kept`;
    case 'absent':
      return `${name} did not exist in the exported database`;
    case 'unknown':
      return `${name} is left out: this version of clair has no such source`;
    case 'busy':
      return `${name} is being updated by another process: import again`;
  }
}
