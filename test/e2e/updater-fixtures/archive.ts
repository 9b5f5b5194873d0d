import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { tarEntries } from '../../../src/kit/tar/entries.ts';
import { corpus } from '../../../src/testing/corpus.ts';
import { inChunks } from '../../../src/testing/streams.ts';
import type { Archive } from './facts.ts';

/** Returns the non-empty files of an archive of the corpus. */
export async function readArchive(path: string): Promise<Archive> {
  const files = new Map<string, Buffer>();
  for await (const file of tarEntries(inChunks(zstdDecompressSync(readFileSync(corpus(path)))), () => true)) {
    if (file.bytes.length > 0) files.set(file.path, file.bytes);
  }
  return files;
}
