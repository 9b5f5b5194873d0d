import { parseJsonAt, withFeedErrors } from '../../core/corrupt-feed.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import { jsonMembers } from '../../kit/json/json-stream.ts';
import type { DocumentReader, FeedDocument, FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import type { ArchivedRecord } from '../archived-record.ts';
import { tarredDocuments, withDocumentErrors, withReadErrors } from '../feed-documents.ts';
import { readVexDocument } from './vex-document.ts';

/** Yields the documents of the archive. */
export function vexArchive(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return withDocumentErrors({ source: 'rhel', feed, content }, tarredDocuments(content, readFile));
}

/** Returns the reader of the documents of the archive. */
export function vexReader(feed: string, content: Pick<FetchedFeed, 'url'>): DocumentReader {
  const context = { source: 'rhel', feed, content };
  return ({ context: path, bytes }) =>
    withReadErrors(context, () => readFile({ path, bytes: bufferView(bytes) }));
}

function* readFile({ path, bytes }: ArchivedRecord): Generator<FeedRecord> {
  for (const record of readVexDocument(keyOf(path), parseJsonAt(path, bytes))) {
    // A withdrawn document of an archive needs no record: absence withdraws it.
    if (record.kind !== 'withdrawn') yield record;
  }
}

/** Yields the records of a feed of changes. */
export function readVexChanges(feed: string, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  return withFeedErrors({ source: 'rhel', feed, content }, ofChanges(content));
}

async function* ofChanges({ body }: FetchedFeed): AsyncGenerator<FeedRecord> {
  for await (const [path, document] of jsonMembers(body)) {
    if (document === null) yield { kind: 'withdrawn', key: keyOf(path) };
    else yield* readVexDocument(keyOf(path), document);
  }
}

/** Returns the CVE of a document path: `2024/cve-2024-1234.json`. */
function keyOf(path: string): string {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.json$/, '')
    .toUpperCase();
}
