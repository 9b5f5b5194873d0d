/**
 * What the native tool says of a pair: how `a` orders against `b`, `!` when it refuses one of them. A tool that knows bounds
 * adds five digits, 1 for true: a < b, a ≤ b, a = b, a ≥ b, a > b, where b is the bound.
 */
export type Answer = string;

/** Two versions to compare. Neither holds a tab, a newline or a NUL. */
export type Pair = readonly [a: string, b: string];

/** The native tool, running. */
export interface Oracle {
  /** The tool and its version. */
  readonly name: string;
  compare(pairs: readonly Pair[]): Promise<readonly Answer[]>;
  stop(): Promise<void>;
}

/** The tool is not on this machine; the message says how to get it. */
export class OracleMissing extends Error {}
