import { readWithFeedErrors, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { zippedFiles } from '../../kit/zip/entries.ts';
import { innerArchive } from '../../kit/zip/inner-archive.ts';
import { isCve } from '../../model/cve.ts';
import type {
  FetchedFeed,
  OnFeedDate,
  RatingDocument,
  RatingRecord,
  SkippedRecord,
} from '../../plugin/index.ts';
import { timeOfList } from './list-releases.ts';
import { readCveRecord } from './record.ts';

/**
 * Yields the records of an archive of the CVE list as documents: the archive of all records, which is zipped twice, or one with the changes
 * of a day. Throws `feed-corrupt` if the archive is damaged.
 */
export async function* cveListDocuments(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<RatingDocument> {
  const context = { source: 'cve', feed, content };
  for await (const document of withFeedErrors(context, documents(content, onDate)))
    yield { ...document, read: () => readWithFeedErrors(context, document.read) };
}

/** Yields the same records parsed. */
export function readCveList(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<RatingRecord | SkippedRecord> {
  return withFeedErrors({ source: 'cve', feed, content }, records(content, onDate));
}

async function* records(
  content: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<RatingRecord | SkippedRecord> {
  for await (const { read } of documents(content, onDate)) yield read();
}

async function* documents(
  { body, fingerprint, extent }: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<RatingDocument> {
  const known = timeOfList(fingerprint);
  if (known !== undefined)
    onDate?.({ dated: `${known.day}T${known.time.slice(0, 2)}:${known.time.slice(2, 4)}Z`, by: 'feed' });
  let count = 0;
  for await (const { path, stored, stated, content } of zippedFiles(innerArchive(body), isRecord)) {
    count++;
    const id = idIn(path);
    yield {
      kind: 'document',
      id,
      context: `${stated} ${id}`,
      bytes: stored,
      read: () => ratingIn(id, content()),
    };
  }
  // A day may begin without changes.
  if (count === 0 && extent !== 'changes') throw new UnexpectedContent('its end', 'it holds no record');
}

function isRecord(path: string): boolean {
  return path.endsWith('.json') && isCve(idIn(path));
}

/** Returns the name of a file: `CVE-2024-3094` of `cves/2024/3xxx/CVE-2024-3094.json`. */
function idIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
}

/** Reads a record as a look-up does. One that cannot be read does not affect the others. */
function ratingIn(id: string, bytes: Buffer): RatingRecord | SkippedRecord {
  try {
    return { kind: 'enrichment', ...readCveRecord(id, bytes) };
  } catch (error) {
    if (!(error instanceof UnexpectedContent)) throw error;
    const place = error.place === '' ? '' : `${error.place}: `;
    return { kind: 'skipped', key: id, reason: place + error.message };
  }
}
