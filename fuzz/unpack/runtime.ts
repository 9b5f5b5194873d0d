/** Result of a runtime for an image: an error, or files by path. */
export interface RuntimeView {
  readonly runtime: string;
  readonly refused?: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Unpacks images as container runtimes do. */
export interface Runtimes {
  /** Names and versions of the runtimes. */
  readonly name: string;
  /** Returns the content of each image for each runtime. `layouts` are paths of directories. */
  unpack(layouts: readonly string[]): Promise<readonly (readonly RuntimeView[])[]>;
  stop(): Promise<void>;
}

/** Thrown if the runtimes are not available on this machine. The message says why. */
export class RuntimesMissing extends Error {}
