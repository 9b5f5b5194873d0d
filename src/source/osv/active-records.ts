import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import type { SkippedRecord } from '../../plugin/index.ts';
import { type ArchivedRecord, isSkipped, readRecord } from '../archived-record.ts';
import { type OsvRecord, osvRecord } from './record.ts';

/**
 * Yields the records of an archive with one file per record, except withdrawn ones. Throws `UnexpectedContent` if the
 * archive has no record.
 */
export async function* activeRecords(
  files: AsyncIterable<ArchivedRecord>,
): AsyncGenerator<OsvRecord | SkippedRecord> {
  let count = 0;
  for await (const file of files) {
    count++;
    const record = readRecord(osvRecord, file);
    if (isSkipped(record) || !record.withdrawn) yield record;
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no record');
}
