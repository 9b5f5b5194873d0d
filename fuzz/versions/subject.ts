import type { VersionScheme } from '../../src/plugin/version-scheme.ts';
import type { Grammar } from './grammar.ts';
import type { Oracle } from './oracle/oracle.ts';

/** A version scheme and what it is tried with: what a file of `subject/` exports as `subject`. */
export interface Subject {
  readonly scheme: VersionScheme;
  /** Makes versions, most of them valid. */
  readonly grammar: Grammar;
  /** The characters a change at random puts in: no tab, no newline, no NUL. */
  readonly alphabet: string;
  /** Starts the native tool; throws `OracleMissing` where there is none. */
  readonly open: () => Oracle | Promise<Oracle>;
}
