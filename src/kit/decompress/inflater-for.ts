import { Bzip2Inflater } from './bzip2/bzip2-inflater.ts';
import type { Compression } from './compression.ts';
import type { BlockObserver, BytesSink, Inflater } from './inflater.ts';
import { NativeInflater, nativeInflateWorks } from './native-inflater.ts';
import { StreamInflater } from './stream-inflater.ts';
import { XzInflater } from './xz/xz-inflater.ts';

/**
 * Returns an inflater for a compression. Files of several members, frames or streams are read to their end. `blocks` is not called for other
 * compressions than gzip and zstd, or without the internals of `NativeInflater`.
 */
export function inflaterFor(compression: Compression, sink: BytesSink, blocks?: BlockObserver): Inflater {
  switch (compression) {
    case 'none':
      return {
        push: (bytes) => {
          sink(bytes);
        },
        end: () => undefined,
      };
    case 'gzip':
    case 'zstd':
      return nativeInflateWorks(compression)
        ? new NativeInflater(compression, sink, blocks)
        : new StreamInflater(compression, sink);
    case 'xz':
      return new XzInflater(sink);
    case 'bzip2':
      return new Bzip2Inflater(sink);
  }
}
