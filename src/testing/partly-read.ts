import type { PartlyRead } from '../kit/bytes/file-pages.ts';

/** A file of which bytes are there only after they were loaded. */
export interface PartlyReadFile extends PartlyRead {
  /** Returns the number of bytes that were loaded. */
  readonly loadedBytes: () => number;
}

/** Returns a file with this content. Before they are loaded, its bytes are those of `before`, repeated. */
export function partlyRead(content: Buffer, before: Buffer = Buffer.from('PK')): PartlyReadFile {
  const bytes = Buffer.alloc(content.length, before);
  const isLoaded = new Uint8Array(content.length);
  return {
    bytes,
    load: (start, end) => {
      const from = Math.min(Math.max(start, 0), content.length);
      content.copy(bytes, from, from, Math.max(end, from));
      isLoaded.fill(1, from, Math.max(end, from));
    },
    loadedBytes: () => isLoaded.reduce((sum, one) => sum + one, 0),
  };
}
