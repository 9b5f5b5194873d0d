import type { ArchivedFile } from '../tar/entries.ts';
import { ZipWalker } from './walker.ts';

/**
 * The wanted files of a zip archive that streams by, one after the other; `wants` is told their paths. No more is read than the
 * reader asks for. Throws a `ZipError` where the archive is damaged, cut short, or written in a way that cannot be read as a
 * stream, `limit-exceeded` where a wanted file is larger than `limits.feedRecordBytes`, and whatever reading the stream throws.
 */
export async function* zipEntries(
  body: AsyncIterable<Uint8Array>,
  wants: (path: string) => boolean,
): AsyncGenerator<ArchivedFile> {
  const walker = new ZipWalker(wants);
  for await (const piece of body) {
    walker.append(piece);
    for (let file = walker.next(); file !== undefined; file = walker.next()) yield file;
  }
  walker.finish();
  for (let file = walker.next(); file !== undefined; file = walker.next()) yield file;
  walker.end();
}
