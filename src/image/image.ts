import type { Digest } from '../model/digest.ts';
import type { Target } from '../model/report.ts';
import type { ImageLayer } from './image-layer.ts';
import type { PinnedTable } from './partial/partial-layer.ts';
import type { StoredLayer } from './partial/stored-layer.ts';

/** An opened image: its description and its layers, the lowest first. */
export interface Image {
  readonly target: Target;
  readonly layers: readonly ImageLayer[];
  /** Fetches layers that are not on this machine. Absent if all layers are local. */
  readonly streamLayers?: StreamLayers;
  /**
   * Finds the table of contents of a layer, to fetch parts of it. Returns undefined if it has none. Absent outside registries.
   * @internal
   */
  readonly findTable?: (layer: ImageLayer) => PinnedTable | undefined;
  /**
   * Opens a layer as stored, to fetch parts of it. Returns undefined if it must be fetched whole. Absent outside registries.
   * @internal
   */
  readonly openInParts?: OpenInParts;
  /** Checks that the repository itself has all layers. Throws `registry-…` and `target-…` errors. Absent outside registries. */
  readonly checkLayers?: (signal: AbortSignal) => Promise<void>;
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
