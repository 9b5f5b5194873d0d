import * as z from 'zod/mini';
import { UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { FeedRecord, Fetched } from '../../plugin/index.ts';
import { isSkipped, readRecord } from '../archived-record.ts';
import { osvRecord } from '../osv/record.ts';
import { csafDocument, readCsafDocument } from './csaf.ts';
import { readOsvRecord } from './osv.ts';

/** A file is either; CSAF is told by what it must begin with. */
const either = z.union([csafDocument, osvRecord]);

/**
 * The vulnerabilities or advisories of an archive that has a file for each. What is no such file, as the page of an error that
 * once got into SUSE's archive, is skipped; a record without a package of a release that is known here is none.
 */
export function readDocuments(feed: string, content: Fetched): AsyncGenerator<FeedRecord> {
  return withFeedErrors({ source: 'suse-documents', feed, content }, records(content));
}

async function* records({ body, url }: Fetched): AsyncGenerator<FeedRecord> {
  let count = 0;
  for await (const file of tarEntries(inflateStream(body, url), (path) => path.endsWith('.json'))) {
    count++;
    const record = readRecord(either, file);
    if (isSkipped(record)) yield record;
    else yield* 'document' in record ? readCsafDocument(record) : readOsvRecord(record);
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no document');
}
