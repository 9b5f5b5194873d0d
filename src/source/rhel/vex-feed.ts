import { parseJsonAt, withFeedErrors } from '../../core/corrupt-feed.ts';
import { jsonMembers } from '../../kit/json/json-stream.ts';
import type { FeedDocument, FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import type { ArchivedRecord } from '../archived-record.ts';
import { tarredDocuments, withDocumentErrors } from '../feed-documents.ts';
import { readVexDocument } from './vex-document.ts';

/** Yields the documents of the archive. */
export function vexArchive(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return withDocumentErrors({ source: 'rhel', feed, content }, tarredDocuments(content, readFile));
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
