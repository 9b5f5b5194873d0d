import type { VersionScheme } from '../../src/plugin/version-scheme.ts';
import type { Grammar } from './grammar.ts';
import type { Oracle } from './oracle/oracle.ts';

/** A version scheme with its grammar and native tool: the export `subject` of a file in `subject/`. */
export interface Subject {
  readonly scheme: VersionScheme;
  /** Generates versions, most of them valid. */
  readonly grammar: Grammar;
  /** Characters that mutations insert: no tab, no newline, no NUL. */
  readonly alphabet: string;
  /** Starts the native tool. Throws `OracleMissing` if it is not installed. */
  readonly open: () => Oracle | Promise<Oracle>;
}
