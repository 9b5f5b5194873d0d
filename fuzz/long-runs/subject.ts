/** A well-formed document, and what reads it. */
export interface Subject {
  /** `debian` or `debian/zip`; a part before the slash is the name of the extension. */
  readonly name: string;
  readonly kind: 'source' | 'enricher' | 'lister' | 'detector';
  readonly syntax: 'json' | 'xml' | 'text';
  readonly document: string;
  /** Reads a document to its end. Throws a `ClairError` where it is refused. */
  read(document: string): Promise<void>;
}
