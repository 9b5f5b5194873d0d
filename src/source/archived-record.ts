import type * as z from 'zod/mini';
import { parseBySchema, parseJsonAt, UnexpectedContent } from '../core/corrupt-feed.ts';
import { messageOf } from '../core/errors.ts';
import type { SkippedRecord } from '../plugin/index.ts';

/** A file of an archive, whole. */
export interface ArchivedRecord {
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * The record that a JSON file of an archive holds; where the file cannot be understood, that it is skipped. The archive itself
 * is whole then, so that it was the vendor who wrote it so, and the other records are none the worse.
 */
export function readRecord<T extends z.ZodMiniType>(
  schema: T,
  { path, bytes }: ArchivedRecord,
): z.output<T> | SkippedRecord {
  try {
    return parseBySchema(schema, parseJsonAt('', bytes), '');
  } catch (error) {
    const place = error instanceof UnexpectedContent && error.place !== '' ? `${error.place}: ` : '';
    return { key: path, skipped: place + messageOf(error) };
  }
}

/** Whether a record was skipped. */
export function isSkipped(record: unknown): record is SkippedRecord {
  return typeof record === 'object' && record !== null && 'skipped' in record;
}
