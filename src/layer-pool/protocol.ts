import type { SerializedError } from '../core/errors.ts';
import type { ImageLayer, LayerClaims } from '../image/image-layer.ts';
import type { LayerRange } from '../image/partial/range-plan.ts';
import type { StoredBytes } from '../image/partial/stored-layer.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { AnalyzerDescription } from '../plugin-host/analyzer-description.ts';
import type { AnalysisOptions } from '../service/images/analyze-layers.ts';

/** A task for a thread. It holds no secrets: headers of a download stay on the thread that downloads. */
export type LayerTask = {
  /** Descriptions of the plugins' analyzers. */
  readonly analyzers: readonly AnalyzerDescription[];
  /** Whether lock files and manifests are read as well. */
  readonly includesDeclared?: boolean;
} & LayerWork;

type LayerWork =
  /** Layers of an image on this machine. */
  | { readonly kind: 'image'; readonly layers: readonly ImageLayer[]; readonly options: AnalysisOptions }
  /** A local file. If `directories` is set, the file must be in one of them. */
  | ({ readonly kind: 'file'; readonly directories: readonly string[] | undefined } & LayerInput)
  /** A layer whose bytes arrive in messages. With `extractBytesMax`, the answer has an extract of at most this many bytes. */
  | ({ readonly kind: 'stream'; readonly extractBytesMax?: number | undefined } & LayerInput)
  /** The extract of a layer. The answer has no index if more of the layer is needed. */
  | ({ readonly kind: 'extract'; readonly extract: Uint8Array } & LayerInput)
  /** The same with parts of the layer. The answer has a new extract. */
  | ({
      readonly kind: 'parts';
      readonly extract: Uint8Array;
      readonly parts: readonly StoredBytes[];
      readonly extractBytesMax: number;
    } & LayerInput);

interface LayerInput {
  /** Name of the layer in messages: a path, or a URL without secrets. */
  readonly name: string;
  readonly claims: LayerClaims;
  readonly options: AnalysisOptions;
}

/** Messages to a thread. It runs one task at a time, and ignores messages that do not belong to it. */
export type ToThread =
  | { readonly kind: 'begin'; readonly task: LayerTask }
  /** Bytes of the layer. The memory is transferred. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'cancel' };

/** Messages from a thread. The last message of each task is its result, also if the task was cancelled. */
export type FromThread =
  /** A buffer that was read and can be filled again. */
  | { readonly kind: 'returned'; readonly memory: ArrayBuffer }
  | { readonly kind: 'answer'; readonly answer: LayerAnswer };

/** The result of a task. */
export interface LayerResult {
  readonly indexes: readonly LayerIndex[];
  /** Undefined if none was wanted, or if it is too large. */
  readonly extract?: Uint8Array | undefined;
  /** Ranges of the layer as stored that complete its extract. Absent if there is an index, or if the layer must be read whole. */
  readonly missing?: readonly LayerRange[];
}

/** The result of a task, or its error. */
export type LayerAnswer = LayerResult | SerializedError;
