import type { Target } from './target/target.ts';

/** What the fuzzer makes of the format of a lister: well-formed inputs to begin with, and changes that know its words. */
export type ListerFormat = Pick<Target, 'seeds' | 'mutations'>;

/**
 * What `lister/<name of the lister>.ts` exports as `targets`: the formats it reads by the names of their targets. Mostly it is one,
 * named like the lister.
 */
export type ListerTargets = Readonly<Record<string, ListerFormat>>;
