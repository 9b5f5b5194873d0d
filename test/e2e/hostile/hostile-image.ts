/** What the command must answer about a hostile image. */
export type Answer =
  /** Exit status 3, and one sentence like this. */
  | { readonly refused: RegExp }
  /** These packages by name and no others, or at least one; `problem` is told of some file, and none where it is absent. */
  | { readonly packages: readonly string[] | 'some'; readonly problem?: RegExp };

/** An image made to exhaust or mislead its reader. */
export interface HostileImage {
  readonly name: string;
  /** Writes it into an empty directory and answers the target to give to the command. */
  readonly write: (directory: string) => string;
  readonly answer: Answer;
  /** Also give `--verify`, so that what could be seeked over is read. */
  readonly verify?: true;
}

/** How large the images are to be: small for a test that runs with every change, as large as an attacker would make them for the bench. */
export interface Sizes {
  /** Uncompressed bytes of a bomb; a multiple of 64 MiB. */
  readonly bombBytes: number;
  /** Names, links or markers in one layer. */
  readonly members: number;
  /** Files of a layer that is large without being hostile. */
  readonly files: number;
  /** Files of 200 MiB whose names begin like that of the database. */
  readonly falseDatabases: number;
  /** Layers of one image that each hold a large database. */
  readonly largeLayers: number;
}
