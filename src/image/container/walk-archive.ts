import { closeSync, fstatSync, openSync } from 'node:fs';
import { ClairError, messageOf } from '../../core/errors.ts';
import { withFileErrors } from '../../core/system-error.ts';
import type { Compression } from '../../kit/decompress/compression.ts';
import { inflateFile } from '../../kit/decompress/inflate-file.ts';
import { TarError } from '../../kit/tar/header.ts';
import { walkBySeeking } from '../../kit/tar/walk-by-seeking.ts';
import { type TarVisitor, TarWalker } from '../../kit/tar/walker.ts';

/** A tar archive on disk. */
export interface ArchiveFile {
  readonly path: string;
  readonly compression: Compression;
}

/** Walks a tar archive on disk to its end, or until the visitor has seen enough. Throws `target-corrupt` if the archive cannot be read. */
export async function walkArchive(
  { path, compression }: ArchiveFile,
  visit: TarVisitor,
  isEnough: () => boolean,
): Promise<void> {
  const walker = new TarWalker(visit);
  try {
    if (compression === 'none') seekThrough(path, walker, isEnough);
    else await inflateThrough(path, walker, isEnough);
  } catch (error) {
    throw error instanceof TarError ? unreadableTar(path, error) : error;
  }
}

/** Returns the error for an archive that is not a readable tar archive. */
export function unreadableTar(name: string, error: TarError): ClairError {
  const message = `${name} is not a readable tar archive: ${messageOf(error)}; clair reads image archives, root file systems and SBOMs`;
  return new ClairError('target-corrupt', message, { cause: error });
}

function seekThrough(path: string, walker: TarWalker, isEnough: () => boolean): void {
  withFileErrors(path, () => {
    const file = openSync(path, 'r');
    try {
      walkBySeeking({ file, offset: 0, size: fstatSync(file).size }, walker, isEnough);
    } finally {
      closeSync(file);
    }
  });
}

/** Thrown to stop the decompression. */
class StopWalk extends Error {}

async function inflateThrough(path: string, walker: TarWalker, isEnough: () => boolean): Promise<void> {
  try {
    await inflateFile(path, (bytes) => {
      walker.push(bytes);
      if (isEnough()) throw new StopWalk();
      return undefined;
    });
  } catch (error) {
    if (error instanceof StopWalk) return;
    throw error;
  }
  walker.end();
}
