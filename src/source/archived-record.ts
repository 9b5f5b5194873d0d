import type * as z from 'zod/mini';
import { parseFeedValue, parseJsonAt, UnexpectedContent } from '../core/corrupt-feed.ts';
import { messageOf } from '../core/errors.ts';
import type { SkippedRecord } from '../plugin/index.ts';

/** A complete file of an archive. */
export interface ArchivedRecord {
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Parses a JSON file of an archive. Returns a skipped record if the file is invalid: the archive itself is intact, so
 * the vendor wrote the file so, and the other records can still be used.
 */
export function readRecord<T extends z.ZodMiniType>(
  schema: T,
  { path, bytes }: ArchivedRecord,
): z.output<T> | SkippedRecord {
  try {
    return parseFeedValue(schema, parseJsonAt('', bytes), '');
  } catch (error) {
    const place = error instanceof UnexpectedContent && error.place !== '' ? `${error.place}: ` : '';
    return { kind: 'skipped', key: path, reason: place + messageOf(error) };
  }
}

/** Returns whether a record was skipped. */
export function isSkipped(record: unknown): record is SkippedRecord {
  return typeof record === 'object' && record !== null && 'kind' in record && record.kind === 'skipped';
}
