/** The parts of programs that listers can read. */
export const programParts = [
  /** The build information of Go: the version of Go, a line feed, and the lines about the modules. */
  'go-build-info',
  /** The names of the functions of a Go program, those of inlined ones included, each with a NUL byte after it. */
  'go-functions',
  /** The list of crates that cargo-auditable stores in a Rust program: JSON, compressed with zlib. */
  'cargo-audit-data',
  /** Paths of sources in the panic messages of a Rust program, one a line, from the directory of the registry to that of the crate. */
  'cargo-source-paths',
] as const;

/** A part of a program that listers can read. */
export type ProgramPart = (typeof programParts)[number];

/** The parts that a program has, of those that a lister wants. */
export type ProgramParts = ReadonlyMap<ProgramPart, Uint8Array>;
