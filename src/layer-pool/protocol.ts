import type { SerializedError } from '../core/serialized-error.ts';
import type { ImageLayer, LayerClaims } from '../image/image-layer.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { AnalyzerDescription } from '../plugin-host/analyzer-description.ts';
import type { AnalysisOptions } from '../service/images/analyze-layers.ts';

/** What a thread is asked. It holds no secret: headers of a download stay with the thread that does it. */
export type LayerTask = {
  /** What plugins bring that looks into layers. */
  readonly analyzers: readonly AnalyzerDescription[];
} & LayerWork;

/** What is to be done. */
type LayerWork =
  /** Layers of an image on this machine. */
  | { readonly kind: 'image'; readonly layers: readonly ImageLayer[]; readonly options: AnalysisOptions }
  /** A file that somebody named, in one of the directories where such are given. */
  | ({ readonly kind: 'file'; readonly directories: readonly string[] | undefined } & LayerInput)
  /** A layer whose bytes are sent. */
  | ({ readonly kind: 'stream' } & LayerInput);

/** One layer. */
interface LayerInput {
  /** What messages call it; of one that is posted the path, or the URL as it may be shown. */
  readonly name: string;
  readonly claims: LayerClaims;
  readonly options: AnalysisOptions;
}

/** What is sent to a thread. It does one task at a time, and what does not belong to it is passed over. */
export type ToThread =
  | { readonly kind: 'begin'; readonly task: LayerTask }
  /** Of the layer; the memory goes with it. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'cancel' };

/** What comes from a thread: the last message of each task, also of one that was called off, is its answer. */
export type FromThread =
  /** Memory of bytes that were read, to be filled again. */
  | { readonly kind: 'returned'; readonly memory: ArrayBuffer }
  | { readonly kind: 'answer'; readonly answer: LayerAnswer };

/** The answer to a task. */
export type LayerAnswer = { readonly indexes: readonly LayerIndex[] } | SerializedError;
