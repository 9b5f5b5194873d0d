/** The record of an extract of a layer. An extract with another digest or size is not used. */
export interface ExtractRecord {
  /** In hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A stored record. */
export interface StoredExtract extends ExtractRecord {
  /** The extract; undefined if it is in a bucket. */
  readonly content: Uint8Array | undefined;
}

/** Extracts of layers, by the identity of the layer. */
export interface LayerExtractStore {
  find(identity: string): Promise<StoredExtract | undefined>;
  /** Saves the record of an extract instead of an earlier one; `content` is undefined if the extract is in a bucket. */
  save(identity: string, record: ExtractRecord, content: Uint8Array | undefined): Promise<void>;
  /**
   * Looks at the next extracts in the order of their identities. Returns those whose layer is neither indexed nor a part of an image. Leaves
   * out those that were saved after `before`, whose image may not be saved yet.
   */
  findUnused(terms: UnusedExtractTerms): Promise<UnusedExtracts>;
  /** Removes the record of an extract, unless its layer is in use again. */
  remove(identity: string): Promise<void>;
}

/** Which extracts are looked at. */
export interface UnusedExtractTerms {
  readonly before: Date;
  readonly after?: string | undefined;
  /** Number of extracts to look at. */
  readonly limit: number;
}

/** The unused ones among some extracts. `next` is the `after` of the next request; absent at the end. */
export interface UnusedExtracts {
  readonly unused: readonly UnusedExtract[];
  readonly next?: string;
}

/** An extract without a use. */
export interface UnusedExtract {
  readonly identity: string;
  readonly isInBucket: boolean;
}

/** A place outside the database that has extracts of layers. All functions throw if it does not answer, if it refuses, or if the signal aborts. */
export interface ExtractBucket {
  /** Returns the extract of a layer, or its start if it has more bytes than expected. Undefined if there is none. */
  read(identity: string, bytes: number, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  write(identity: string, extract: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Removes the extract of a layer, if there is one. */
  remove(identity: string, signal?: AbortSignal): Promise<void>;
}
