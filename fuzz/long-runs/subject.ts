/** A valid document and its reader. */
export interface Subject {
  /** `debian` or `debian/zip`. The part before the slash is the name of the extension. */
  readonly name: string;
  readonly kind: 'source' | 'enricher' | 'lister' | 'detector';
  readonly syntax: 'json' | 'xml' | 'text';
  readonly document: string;
  /** Reads a document to its end. Throws a `ClairError` if it is refused. */
  read(document: string): Promise<void>;
}

/** A file that an analyzer reads, with a document as its content. `pack` makes the content of another format from it. */
export interface FileFormat {
  readonly path: string;
  readonly document: string;
  readonly syntax?: Subject['syntax'];
  readonly pack?: (document: string) => Uint8Array;
}
