import { type BigIntStats, closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { withFileErrors } from '../../core/system-error.ts';
import { type Compression, compressionOf, magicBytes } from '../../kit/decompress/compression.ts';

/** Text that changes whenever the file is replaced or written: the time of the last change is set by the system, not by who writes. */
export function stampOf(path: string, stats: BigIntStats): string {
  return `${resolve(path)}#${stats.dev}.${stats.ino}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}`;
}

/** How a local file, or a stretch of one, is compressed. */
export function compressionAt(path: string, offset = 0, size: number = magicBytes): Compression {
  return compressionOf(readAt(path, offset, Math.min(size, magicBytes)));
}

/** A stretch of a local file; shorter where the file ends. */
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

/** What the system says of a path, links followed; undefined where there is nothing. Throws `target-unreadable`. */
export function statsOf(path: string): Stats | undefined {
  return withFileErrors(path, () => statSync(path, { throwIfNoEntry: false }));
}

/** As `statsOf`, to the nanosecond. */
export function exactStatsOf(path: string): BigIntStats | undefined {
  return withFileErrors(path, () => statSync(path, { throwIfNoEntry: false, bigint: true }));
}
