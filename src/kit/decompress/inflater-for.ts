import { ClairError } from '../errors.ts';
import type { Compression } from './compression.ts';
import type { BytesSink, Inflater } from './inflater.ts';
import { NativeInflater, nativeInflateWorks } from './native-inflater.ts';
import { StreamInflater } from './stream-inflater.ts';

/** An inflater for bytes compressed so. Multi-member gzip and multi-frame zstd are read to their end. */
export function inflaterFor(compression: Compression, sink: BytesSink): Inflater {
  switch (compression) {
    case 'none':
      return { push: sink, end: () => undefined };
    case 'gzip':
    case 'zstd':
      return nativeInflateWorks(compression)
        ? new NativeInflater(compression, sink)
        : new StreamInflater(compression, sink);
    case 'xz':
    case 'bzip2':
      throw new ClairError(
        'target-unsupported',
        `${compression} compression is not supported; recompress with gzip or zstd`,
      );
  }
}
