import { toCorruptFeedError, UnexpectedContent } from '../core/corrupt-feed.ts';
import { inflateStream } from '../kit/decompress/inflate-stream.ts';
import { tarEntries } from '../kit/tar/entries.ts';
import { TarError } from '../kit/tar/header.ts';
import { zippedFiles } from '../kit/zip/entries.ts';
import type { FeedDocument, FeedRecord, FetchedFeed } from '../plugin/index.ts';
import type { ArchivedRecord } from './archived-record.ts';

/** The feed that documents belong to, for error messages. */
export interface DocumentsOf {
  readonly source: string;
  readonly feed: string;
  readonly content: Pick<FetchedFeed, 'url'>;
}

/** Passes documents on. Turns errors about the content, also those of `read`, into errors that name the feed. */
export async function* withDocumentErrors(
  context: DocumentsOf,
  documents: AsyncIterable<FeedDocument>,
): AsyncGenerator<FeedDocument> {
  try {
    for await (const document of documents)
      yield { ...document, read: () => withReadErrors(context, document.read) };
  } catch (error) {
    throw toCorruptFeedError(context, error);
  }
}

/** Yields the records of a document. Turns errors about its text into errors that name the feed. */
export function* withReadErrors(context: DocumentsOf, read: FeedDocument['read']): Generator<FeedRecord> {
  try {
    yield* read();
  } catch (error) {
    throw toCorruptFeedError(context, error);
  }
}

/** Yields the records of all documents. */
export async function* recordsOf(documents: AsyncIterable<FeedDocument>): AsyncGenerator<FeedRecord> {
  for await (const { read } of documents) yield* read();
}

/** Yields the records of a file. */
export type ReadFile = (file: ArchivedRecord) => Iterable<FeedRecord>;

/** Yields the JSON files of a zip archive. Throws `UnexpectedContent` if it has none. */
export async function* zippedDocuments(
  { body }: FetchedFeed,
  readFile: ReadFile,
): AsyncGenerator<FeedDocument> {
  let count = 0;
  for await (const { path, stated, stored, content } of zippedFiles(body, isJson)) {
    count++;
    const read = (): Iterable<FeedRecord> => readFile({ path, bytes: content() });
    yield { kind: 'document', context: `${stated} ${path}`, bytes: stored, read };
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no record');
}

/** Yields the JSON files of a compressed tar archive. Throws `UnexpectedContent` if it has none. */
export async function* tarredDocuments(
  content: FetchedFeed,
  readFile: ReadFile,
): AsyncGenerator<FeedDocument> {
  let count = 0;
  for await (const { path, bytes } of tarredFiles(content, isJson)) {
    count++;
    yield { kind: 'document', context: path, bytes, read: () => readFile({ path, bytes }) };
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no document');
}

/** Yields the wanted files of a compressed tar archive. Throws `UnexpectedContent` if it is damaged. */
export async function* tarredFiles(
  { body, url }: FetchedFeed,
  isWanted: (path: string) => boolean,
): AsyncGenerator<ArchivedRecord> {
  try {
    yield* tarEntries(inflateStream(body, url), isWanted);
  } catch (error) {
    if (error instanceof TarError)
      throw new UnexpectedContent(`byte ${error.position} of the archive`, error.message);
    throw error;
  }
}

function isJson(path: string): boolean {
  return path.endsWith('.json');
}
