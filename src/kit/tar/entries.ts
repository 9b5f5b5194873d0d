import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { bufferView } from '../bytes/buffer-view.ts';
import { collectPayload } from './collect-payload.ts';
import { TarError } from './header.ts';
import { type PayloadSink, type TarEntry, TarWalker } from './walker.ts';

/** A file of an archive, whole. */
export interface ArchivedFile {
  /** Inside the archive: no leading slash, no `..`. */
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * The wanted files of a tar archive that streams by, one after the other; `wants` is told their paths. Links, directories and
 * devices are no files. No more is read than the reader asks for. Throws a `TarError` where the archive is damaged or cut
 * short, `limit-exceeded` where a wanted file is larger than `limits.feedRecordBytes`, and whatever reading the stream throws.
 */
export async function* tarEntries(
  body: AsyncIterable<Uint8Array>,
  wants: (path: string) => boolean,
): AsyncGenerator<ArchivedFile> {
  let files: ArchivedFile[] = [];
  const walker = new TarWalker((entry) =>
    entry.type === 'file' && wants(entry.path) ? collectFile(entry, (file) => files.push(file)) : undefined,
  );
  for await (const piece of body) {
    walker.push(bufferView(piece));
    if (files.length === 0) continue;
    yield* files;
    files = [];
  }
  walker.end();
}

function collectFile(entry: TarEntry, onFile: (file: ArchivedFile) => void): PayloadSink {
  const { path, size, offset } = entry;
  if (size > limits.feedRecordBytes)
    throw new ClairError('limit-exceeded', `${path} has ${size} bytes, more than ${limits.feedRecordBytes}`);
  if (entry.sparse !== undefined)
    throw new TarError(`${path} is stored as a sparse file, which is not read,`, offset);
  return collectPayload(size, (bytes) => {
    onFile({ path, bytes });
  });
}
