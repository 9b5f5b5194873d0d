import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFileErrors } from '../../core/system-error.ts';
import { cleanPath } from '../../kit/tar/path.ts';
import { checkDocumentSize, type ImageContainer, type StoredFile } from './image-container.ts';
import { compressionAt, exactStatsOf, stampOf, statsOf } from './local-file.ts';

/** Returns the container of an OCI layout in a directory. */
export function directoryContainer(directory: string): ImageContainer {
  const pathOf = (name: string): string => join(directory, cleanPath(name));
  return {
    name: directory,
    find(name): StoredFile | undefined {
      const path = pathOf(name);
      const stats = exactStatsOf(path);
      if (stats?.isFile() !== true) return undefined;
      const size = Number(stats.size);
      const place = { kind: 'file', path, offset: 0, size, stamp: stampOf(path, stats) } as const;
      return { place, compression: compressionAt(path, 0, size), sizeBytes: size };
    },
    document(name): Buffer | undefined {
      const path = pathOf(name);
      const stats = statsOf(path);
      if (stats?.isFile() !== true) return undefined;
      checkDocumentSize(path, stats.size);
      return withFileErrors(path, () => readFileSync(path));
    },
  };
}
