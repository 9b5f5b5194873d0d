/** The library: the parts of the command, for programs that embed them. */

export { ClairError, type ErrorCode, type ErrorDetails, exitCodes } from './core/errors.ts';
export { type BuiltIn, builtIn } from './extensions.ts';
export type { Image, StreamedLayer, StreamLayers } from './image/image.ts';
export type { ImageLayer, LayerPlace } from './image/image-layer.ts';
export { type OpenOptions, openImage } from './image/open-image.ts';
export type { Compression } from './kit/decompress/compression.ts';
export type {
  AnyDetector,
  AnyLister,
  Extensions,
  RemoteDetector,
  RemoteLister,
} from './plugin/extensions.ts';
export * from './plugin/index.ts';
export { type RangeReader, rangeReaders } from './version/constraint/range-readers.ts';
