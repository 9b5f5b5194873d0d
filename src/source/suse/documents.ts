import * as z from 'zod/mini';
import { UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import { isSkipped, readRecord } from '../archived-record.ts';
import { osvRecord } from '../osv/record.ts';
import { csafDocument, readCsafDocument } from './csaf.ts';
import { readOsvRecord } from './osv.ts';

/** Either format. The required members of CSAF distinguish it. */
const either = z.union([csafDocument, osvRecord]);

/**
 * Yields the vulnerabilities or advisories of an archive with one file per record. Skips invalid files, such as the
 * error page that SUSE's archive once had. Ignores records without a package of a known release.
 */
export function readDocuments(feed: string, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  return withFeedErrors({ source: 'suse-documents', feed, content }, records(content));
}

async function* records({ body, url }: FetchedFeed): AsyncGenerator<FeedRecord> {
  let count = 0;
  for await (const file of tarEntries(inflateStream(body, url), (path) => path.endsWith('.json'))) {
    count++;
    const record = readRecord(either, file);
    if (isSkipped(record)) yield record;
    else yield* 'document' in record ? readCsafDocument(record) : readOsvRecord(record);
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no document');
}
