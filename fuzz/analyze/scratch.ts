import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file of one process alone, this one unless another is named; in memory where the system has a place for that. */
export function scratchFile(name: string, pid: number = process.pid): string {
  const directory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return join(directory, `clair-fuzz-${pid}-${name}`);
}
