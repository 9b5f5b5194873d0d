import { parseJsonAt, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonMembers } from '../../kit/json/json-stream.ts';
import { type ArchivedFile, tarEntries } from '../../kit/tar/entries.ts';
import { TarError } from '../../kit/tar/header.ts';
import type { FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import { readVexDocument } from './vex-document.ts';

/** Yields the documents of the archive, or of a feed of changes. */
export function readVexFeed(feed: string, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  const records = content.extent === 'changes' ? ofChanges(content) : ofArchive(content);
  return withFeedErrors({ source: 'rhel', feed, content }, records);
}

async function* ofArchive(content: FetchedFeed): AsyncGenerator<FeedRecord> {
  let count = 0;
  for await (const { path, bytes } of documentsOf(content)) {
    count++;
    for (const record of readVexDocument(keyOf(path), parseJsonAt(path, bytes))) {
      // A withdrawn document of an archive needs no record: absence withdraws it.
      if (record.kind !== 'withdrawn') yield record;
    }
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no document');
}

async function* documentsOf({ body, url }: FetchedFeed): AsyncGenerator<ArchivedFile> {
  try {
    yield* tarEntries(inflateStream(body, url), (name) => name.endsWith('.json'));
  } catch (error) {
    if (error instanceof TarError)
      throw new UnexpectedContent(`byte ${error.position} of the archive`, error.message);
    throw error;
  }
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
