import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { bufferView } from '../bytes/bytes.ts';
import { TarError } from './header.ts';
import { collectPayload, type PayloadSink, type TarEntry, TarWalker } from './walker.ts';

/** A file of an archive with its content. */
export interface ArchivedFile {
  /** The path inside the archive, without a leading slash and `..`. */
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Yields the wanted files of a tar stream in order. `wants` receives their paths. Links, directories and devices are not files. Reads no
 * more than the caller requests. Throws a `TarError` if the archive is damaged or cut short. Throws `limit-exceeded` if a wanted file is
 * larger than `limits.feedRecordBytes`. Also throws any error of the stream.
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
    throw new TarError(`${path} is stored as a sparse file, which is not supported,`, offset);
  return collectPayload(size, (bytes) => {
    onFile({ path, bytes });
  });
}
