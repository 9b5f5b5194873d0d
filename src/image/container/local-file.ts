import { type BigIntStats, closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { withFileErrors } from '../../core/system-error.ts';
import { type Compression, compressionOf, magicBytes } from '../../kit/decompress/compression.ts';

/** Returns a text that changes whenever the file is replaced or written. It includes the change time (ctime), which programs cannot set. */
export function stampOf(path: string, stats: BigIntStats): string {
  return `${resolve(path)}#${stats.dev}.${stats.ino}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}`;
}

/** Detects the compression of a local file, or of a range of it. */
export function compressionAt(path: string, offset = 0, size: number = magicBytes): Compression {
  return compressionOf(readAt(path, offset, Math.min(size, magicBytes)));
}

/** Reads a range of a local file. Returns fewer bytes if the file ends inside the range. */
export function readAt(path: string, offset: number, size: number): Buffer {
  return withFileErrors(path, () => {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(size);
      return bytes.subarray(0, readSync(file, bytes, 0, size, offset));
    } finally {
      closeSync(file);
    }
  });
}

/** Returns the status of a path and follows links; undefined if nothing exists there. Throws `target-unreadable`. */
export function statsOf(path: string): Stats | undefined {
  return withFileErrors(path, () => statSync(path, { throwIfNoEntry: false }));
}

/** Like `statsOf`, with times in nanoseconds. */
export function exactStatsOf(path: string): BigIntStats | undefined {
  return withFileErrors(path, () => statSync(path, { throwIfNoEntry: false, bigint: true }));
}
