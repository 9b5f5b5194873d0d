import { createReadStream } from 'node:fs';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { replaceFile } from '../../kit/replace-file.ts';
import { sealed } from '../../service/feeds/database-file.ts';
import { exportDatabase } from '../../service/feeds/export-database.ts';
import { type ImportedFeed, importDatabase } from '../../service/feeds/import-database.ts';
import { expectManyRecords } from '../garbage.ts';
import { writeLines } from '../output.ts';
import { type DatabaseOptions, openRoom } from '../room.ts';
import { differenceWords, feedColumn } from './feeds.ts';

/** `clair db export F`: writes all advisories and ratings of the database into one file, for a place without network. */
export async function exportToFile(path: string, options: DatabaseOptions): Promise<number> {
  await using room = await openRoom({ ...options, offline: true });
  expectManyRecords();
  let digest = '';
  const lines = exportDatabase({ ...room.locking, store: room.store, extensions: room.extensions });
  const bytes = await replaceFile(
    path,
    sealed(lines, (found) => {
      digest = found;
    }),
  );
  room.progress.clear();
  writeLines([`${path} written: ${(bytes / 1e6).toFixed(1)} MB, ${digest}`]);
  return 0;
}

/** Options of `clair db import`. */
export interface ImportOptions extends DatabaseOptions {
  /** The digest that `clair db export` told. */
  readonly digest?: string;
}

/** `clair db import F`: takes over what such a file carries. Answers 3 when another process kept a feed of it. */
export async function importFromFile(path: string, options: ImportOptions): Promise<number> {
  await using room = await openRoom({ ...options, offline: true }, 'write');
  expectManyRecords();
  const file = { name: path, content: () => contentOf(path) };
  const { digest } = options;
  const importing = {
    ...room.locking,
    store: room.store,
    extensions: room.extensions,
    ...(digest && { digest }),
  };
  let isWhole = true;
  for await (const feed of importDatabase(file, importing)) {
    room.progress.clear();
    isWhole &&= feed.outcome !== 'busy';
    writeLines([lineOf(feed)]);
  }
  return isWhole ? 0 : 3;
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
      return `${name} imported: ${differenceWords(imported.difference)}`;
    case 'newer':
      return `${name} is newer here and stays`;
    case 'absent':
      return `${name} did not exist there`;
    case 'unknown':
      return `${name} is left out: this version of clair has no such source`;
    case 'busy':
      return `${name} is being updated by another process: import again`;
  }
}
