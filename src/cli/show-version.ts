import { schemaVersion } from '../store/sql/schema.ts';
import { writeLines } from './output.ts';

/** `clair version`. */
export function showVersion(version: string): number {
  writeLines([`clair ${version}`, `node ${process.version}`, `database schema ${schemaVersion}`]);
  return 0;
}
