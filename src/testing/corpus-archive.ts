import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { corpus } from './corpus.ts';
import { untar } from './untar.ts';

/** A file of an archive of the corpus. */
export interface CorpusFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Yields the files of a `.tar.zst` of the corpus whose names have this ending. */
export function* corpusFiles(archive: string, ending = ''): Generator<CorpusFile> {
  for (const [path, bytes] of untar(zstdDecompressSync(readFileSync(corpus(archive))))) {
    if (path.endsWith(ending) && bytes.length > 0) yield { path, bytes };
  }
}

/** Returns the file with that path in a `.tar.zst` of the corpus. */
export function corpusFile(archive: string, path: string): Buffer {
  for (const file of corpusFiles(archive, path)) return file.bytes;
  throw new Error(`${archive} has no ${path}`);
}
