/** The required result of the command for a hostile image. */
export type Answer =
  /** Exit status 3, and one sentence that matches. */
  | { readonly refused: RegExp }
  /** Exactly these packages by name, or at least one. A file must have the `problem`, or none if it is absent. */
  | { readonly packages: readonly string[] | 'some'; readonly problem?: RegExp };

/** An image made to exhaust or mislead its reader. */
export interface HostileImage {
  readonly name: string;
  /** Writes it into an empty directory and returns the target for the command. */
  readonly write: (directory: string) => string;
  readonly answer: Answer;
  /** Whether to pass `--verify`, which reads the bytes that a seek would skip. */
  readonly verify?: true;
}

/**
 * Sizes of the images: small for a test that runs with every change, and as large as an attacker would choose for the
 * benchmark.
 */
export interface Sizes {
  /** Uncompressed bytes of a bomb; a multiple of 64 MiB. */
  readonly bombBytes: number;
  /** Names, links or markers in one layer. */
  readonly members: number;
  /** Files of a layer that is large but not hostile. */
  readonly files: number;
  /** Files of 200 MiB whose names begin like that of the database. */
  readonly falseDatabases: number;
  /** Layers of one image that each contain a large database. */
  readonly largeLayers: number;
  /** Bytes that a Java archive inflates to, or has. */
  readonly jarBytes: number;
  /** Java archives in one layer or archive. */
  readonly nestedJars: number;
  /** Go programs in one layer. */
  readonly goPrograms: number;
  /** Different packages in one layer, below the limit of an image. */
  readonly packages: number;
}
