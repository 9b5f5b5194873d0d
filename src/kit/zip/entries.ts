import type { ArchivedFile } from '../tar/entries.ts';
import { type ZippedFile, ZipWalker } from './walker.ts';

/**
 * Yields the wanted files of a zip stream in order. `wants` receives their paths. Reads no more than the caller requests. Throws a
 * `ZipError` if the archive is damaged, cut short, or not readable as a stream. Throws `limit-exceeded` if a wanted file is larger than
 * `limits.feedRecordBytes`. Also throws any error of the stream.
 */
export async function* zipEntries(
  body: AsyncIterable<Uint8Array>,
  wants: (path: string) => boolean,
): AsyncGenerator<ArchivedFile> {
  for await (const { path, content } of zippedFiles(body, wants)) yield { path, bytes: content() };
}

/** Yields the same files without inflating them. Throws like `zipEntries`, but for the data of a file only when it is read. */
export async function* zippedFiles(
  body: AsyncIterable<Uint8Array>,
  wants: (path: string) => boolean,
): AsyncGenerator<ZippedFile> {
  const walker = new ZipWalker(wants);
  for await (const piece of body) {
    walker.append(piece);
    for (let file = walker.next(); file !== undefined; file = walker.next()) yield file;
  }
  walker.finish();
  for (let file = walker.next(); file !== undefined; file = walker.next()) yield file;
  walker.end();
}
