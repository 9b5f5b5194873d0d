/** What one runtime makes of an image: it refuses it, or shows files by their paths. */
export interface RuntimeView {
  readonly runtime: string;
  readonly refused?: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Lays images down as container runtimes do. */
export interface Runtimes {
  /** What they are, with versions. */
  readonly name: string;
  /** What a container of each image shows, for each runtime. `layouts` are directories. */
  unpack(layouts: readonly string[]): Promise<readonly (readonly RuntimeView[])[]>;
  stop(): Promise<void>;
}

/** The runtimes cannot be had on this machine; the message says why. */
export class RuntimesMissing extends Error {}
