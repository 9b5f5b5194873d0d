import * as z from 'zod/mini';
import type { FeedDocument, FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import { type ArchivedRecord, isSkipped, readRecord } from '../archived-record.ts';
import { tarredDocuments, withDocumentErrors } from '../feed-documents.ts';
import { osvRecord } from '../osv/record.ts';
import { csafDocument, readCsafDocument } from './csaf.ts';
import { readOsvRecord } from './osv.ts';

/** Either format. The required members of CSAF distinguish it. */
const either = z.union([csafDocument, osvRecord]);

/** Yields the files of an archive, each with one vulnerability or advisory. */
export function suseArchive(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return withDocumentErrors({ source: 'suse-documents', feed, content }, tarredDocuments(content, readFile));
}

/**
 * Yields the record of a file. Skips invalid files, such as the error page that SUSE's archive once had. Ignores records without a package
 * of a known release.
 */
function* readFile(file: ArchivedRecord): Generator<FeedRecord> {
  const record = readRecord(either, file);
  if (isSkipped(record)) yield record;
  else yield* 'document' in record ? readCsafDocument(record) : readOsvRecord(record);
}
