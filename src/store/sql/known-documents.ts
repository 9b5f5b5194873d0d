import type { Kysely } from 'kysely';
import type { FeedUpdate } from '../advisory-store.ts';
import { DocumentPack, type DocumentPackBuilder } from './document-pack.ts';
import type { Tables } from './schema.ts';

/** Version of the packs. */
const packVersion = 1;

/** Bytes of a pack in one row. */
const partBytes = 1024 * 1024;

/**
 * Returns the versions of the program and the source that read the documents of an update. Another program or source may read the same text differently. Undefined if their records
 * are not to be remembered.
 */
export function documentReaderOf(update: FeedUpdate): string | undefined {
  if (update.kind !== 'whole' || update.program === undefined) return undefined;
  return `${packVersion} ${update.sourceVersion} ${update.program}`;
}

/** Returns the documents of a feed as the same reader read them last; undefined if there are none. */
export async function findKnownDocuments(
  db: Kysely<Tables>,
  feedId: number,
  reader: string,
): Promise<DocumentPack | undefined> {
  const parts = await db
    .selectFrom('known_document')
    .select('content')
    .where('feed_id', '=', feedId)
    .where('reader', '=', reader)
    .orderBy('part')
    .execute();
  return parts.length === 0
    ? undefined
    : new DocumentPack(Buffer.concat(parts.map(({ content }) => content)));
}

/** Documents that an update read, with what is stored. */
export interface ReadDocuments {
  readonly reader: string;
  readonly known: DocumentPack | undefined;
  readonly read: DocumentPackBuilder;
}

/** Replaces the known documents of a feed; `before` is the number before that of the first staged record. */
export async function saveKnownDocuments(
  db: Kysely<Tables>,
  feedId: number,
  { reader, known, read, before }: ReadDocuments & { readonly before: number },
): Promise<void> {
  if (known === undefined && read.count === 0) return;
  const pack = read.finish(before);
  if (known?.bytes.equals(pack) === true) return;
  await db.deleteFrom('known_document').where('feed_id', '=', feedId).execute();
  for (let part = 0; part * partBytes < pack.length; part++) {
    const content = pack.subarray(part * partBytes, (part + 1) * partBytes);
    await db.insertInto('known_document').values({ feed_id: feedId, part, reader, content }).execute();
  }
}
