import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the path of a file for one process, this one by default, in memory if the system supports it. */
export function scratchFile(name: string, pid: number = process.pid): string {
  const directory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return join(directory, `clair-fuzz-${pid}-${name}`);
}
