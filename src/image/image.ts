import type { Digest } from '../model/digest.ts';
import type { Target } from '../model/report.ts';
import type { ImageLayer } from './image-layer.ts';
import type { PartialLayer } from './partial/partial-layer.ts';
import type { StoredLayer } from './partial/stored-layer.ts';

/** An opened image: its description and its layers, the lowest first. */
export interface Image {
  readonly target: Target;
  readonly layers: readonly ImageLayer[];
  /** Fetches layers that are not on this machine. Absent if all layers are local. */
  readonly streamLayers?: StreamLayers;
  /**
   * Opens a layer by its table of contents, to fetch parts of it. Returns undefined if it has none. Throws `TableError` if the layer must be fetched whole,
   * and `registry-…` errors. Absent outside registries.
   * @internal
   */
  readonly openByTable?: (layer: ImageLayer) => Promise<PartialLayer | undefined>;
  /**
   * Opens a layer as stored, to fetch parts of it. Returns undefined if it must be fetched whole. Absent outside registries.
   * @internal
   */
  readonly openInParts?: OpenInParts;
  /** The labels of its configuration. Absent if it has none, or if they are unknown. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Digest of what the reference means in its registry: the manifest, or an index that leads to it. Absent outside registries. */
  readonly root?: Digest;
  /** The image file, if it does not outlive this run. Its layers are then cached by digest only. */
  readonly temporaryFile?: string;
}

/** Documents at the root of an archive or layout that only images have. */
export const documentNames: readonly string[] = ['manifest.json', 'index.json', 'oci-layout', 'repositories'];

/** Opens a layer as stored, to fetch parts of it. Returns undefined if it must be fetched whole. */
export type OpenInParts = (layer: ImageLayer) => StoredLayer | undefined;

/** A layer whose bytes are streamed from a registry or a daemon. */
export interface StreamedLayer {
  readonly layer: ImageLayer;
  /** The bytes as stored, fetched while they are read. They can be read once, to their end or until the reader stops. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Streams the requested layers of an image, each once, in the order that suits the source. A registry yields them concurrently. The export
 * of a daemon yields the next layer only after the previous one was read. The signal ends all streams.
 */
export type StreamLayers = (
  layers: readonly ImageLayer[],
  signal: AbortSignal,
) => AsyncIterable<StreamedLayer>;
