import { schemaVersion } from '../store/sql/schema.ts';
import { writeLines } from './output.ts';

/** Runs `clair version`: prints the versions of clair, Node.js and the database schema. */
export function showVersion(version: string): number {
  writeLines([`clair ${version}`, `node ${process.version}`, `database schema ${schemaVersion}`]);
  return 0;
}
