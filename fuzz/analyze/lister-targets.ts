import type { Target } from './target/target.ts';

/** Seeds and format-specific mutations of a lister's format. */
export type ListerFormat = Pick<Target, 'seeds' | 'mutations'>;

/**
 * The export `targets` of `lister/<name of the lister>.ts`: formats by the names of their targets. Most listers have one, with the lister's
 * name.
 */
export type ListerTargets = Readonly<Record<string, ListerFormat>>;
