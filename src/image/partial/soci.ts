import { limits } from '../../core/limits.ts';
import { blockBytes } from '../../kit/tar/header.ts';
import type { Digest } from '../../model/digest.ts';
import { type Descriptor, manifestDocument, parseDocument, sociIndexType } from '../format/documents.ts';
import { faultOf, mayBeExecuted, type TableChunk, type TableFile, TableMembers } from './layer-table.ts';
import { PartialLayer } from './partial-layer.ts';
import { SpanReader } from './span-reader.ts';
import type { StoredLayer } from './stored-layer.ts';
import { TableError } from './table-document.ts';
import { parseZtoc, type Ztoc, type ZtocSpan } from './ztoc.ts';

/** The annotation of a table of contents in the index with the digest of its layer. */
const layerAnnotation = 'com.amazon.soci.image-layer-digest';
const ztocType = 'application/octet-stream';

/** Fetches documents of a repository. Both methods verify the digest of what they return. */
export interface SociDocuments {
  fetchManifest(digest: Digest): Promise<{ readonly bytes: Buffer }>;
  fetchDocument(descriptor: Descriptor, max: number): Promise<Buffer>;
}

/** The SOCI index of an image, which has a table of contents for some layers. It is fetched once. */
export class SociIndex {
  readonly pin: Digest;
  readonly #documents: SociDocuments;
  #tables: Promise<readonly Descriptor[]> | undefined;

  /** `pin`: the digest that the manifest states. */
  constructor(pin: Digest, documents: SociDocuments) {
    this.pin = pin;
    this.#documents = documents;
  }

  /**
   * Opens a layer by its table of contents. Returns undefined if the index has none. Throws `TableError` if the layer must be fetched whole,
   * and `registry-…` errors.
   */
  async open(digest: Digest, layer: StoredLayer): Promise<PartialLayer | undefined> {
    this.#tables ??= this.#fetchIndex();
    const [table, ...others] = (await this.#tables).filter(
      ({ mediaType, annotations }) => mediaType === ztocType && annotations?.[layerAnnotation] === digest,
    );
    if (table === undefined) return undefined;
    if (others.length > 0) throw new TableError('is one of several in the SOCI index');
    return openZtoc(await this.#documents.fetchDocument(table, limits.tableStoredBytes), layer);
  }

  async #fetchIndex(): Promise<readonly Descriptor[]> {
    const { bytes } = await this.#documents.fetchManifest(this.pin);
    const { config, layers } = parseDocument(bytes, `the SOCI index ${this.pin}`, manifestDocument);
    if (config.mediaType !== sociIndexType) throw new TableError('is in no SOCI index of version 2');
    return layers;
  }
}

/** Opens a layer by its table of contents. Throws `TableError`. */
export function openZtoc(table: Buffer, layer: StoredLayer): PartialLayer {
  const { entries, spans } = parseZtoc(table, layer.sizeBytes);
  return new PartialLayer(filesOf(entries, spans), layer, new SpanReader(spans).read);
}

function filesOf(entries: Ztoc['entries'], spans: readonly ZtocSpan[]): readonly TableFile[] {
  const members = new TableMembers();
  let [first, end] = [0, 0];
  return entries.map((each) => {
    const entry = members.add(each);
    if (entry.type !== 'file') return { entry, chunks: [], isExecutable: mayBeExecuted(each) };
    // The header before an empty file shows that it is empty.
    const range = { offset: each.tarOffset - blockBytes, end: each.tarOffset + entry.size };
    while (first < spans.length && (spans[first]?.tarEnd ?? 0) <= range.offset) first++;
    if (range.offset < end || range.end > (spans.at(-1)?.tarEnd ?? 0))
      throw faultOf(each, 'has an offset out of order, or outside the layer');
    end = range.end;
    return { entry, chunks: chunksIn(range, spans, first), isExecutable: mayBeExecuted(each) };
  });
}

/** Returns the chunks with a range of the archive. `first` is the index of the span with its start. */
function chunksIn(
  range: { readonly offset: number; readonly end: number },
  spans: readonly ZtocSpan[],
  first: number,
): readonly TableChunk[] {
  const chunks: TableChunk[] = [];
  for (let i = first; i < spans.length; i++) {
    const span = spans[i];
    if (span === undefined || span.tarOffset >= range.end) break;
    const from = Math.max(range.offset, span.tarOffset);
    chunks.push({
      offset: span.offset,
      end: span.end,
      innerOffset: from - span.tarOffset,
      size: Math.min(range.end, span.tarEnd) - from,
      digest: span.digest,
    });
  }
  return chunks;
}
