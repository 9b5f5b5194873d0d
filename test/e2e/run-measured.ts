import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const command = resolve(import.meta.dirname, '../../bin/clair');
const preload = import.meta.resolve('./peak-memory.mjs');

/** Output and cost of a run of the command. */
export interface MeasuredRun {
  /** Exit status. Null if it was killed after the time limit. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Peak memory in MiB. NaN if it was killed. */
  readonly peakMib: number;
}

/** Runs `bin/clair` with a cache in `directory`. Kills it after `timeoutMs` milliseconds. */
export function runMeasured(args: readonly string[], directory: string, timeoutMs: number): MeasuredRun {
  const peakFile = join(directory, 'peak');
  rmSync(peakFile, { force: true });
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      XDG_CACHE_HOME: join(directory, 'cache'),
      NODE_OPTIONS: `--import=${preload}`,
      PEAK_MEMORY_FILE: peakFile,
    },
  });
  const peakKib = existsSync(peakFile) ? Number(readFileSync(peakFile, 'utf8')) : Number.NaN;
  return { status, stdout, stderr, seconds: (performance.now() - start) / 1000, peakMib: peakKib / 1024 };
}
