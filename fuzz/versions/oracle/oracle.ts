/**
 * Answer of the native tool for a pair: how `a` orders against `b`, or `!` if it refuses one of them. A tool with bounds appends five
 * digits, 1 for true: a < b, a ≤ b, a = b, a ≥ b, a > b, where b is the bound.
 */
export type Answer = string;

/** Two versions to compare, without tabs, newlines and NULs. */
export type Pair = readonly [a: string, b: string];

/** A running native tool. */
export interface Oracle {
  /** Name and version of the tool. */
  readonly name: string;
  compare(pairs: readonly Pair[]): Promise<readonly Answer[]>;
  stop(): Promise<void>;
}

/** Thrown if the tool is not installed. The message says what to install. */
export class OracleMissing extends Error {}
