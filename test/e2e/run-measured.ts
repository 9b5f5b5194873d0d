import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const command = resolve(import.meta.dirname, '../../bin/clair');
const preload = import.meta.resolve('./peak-memory.ts');

/** What a run of the command gave and cost. */
export interface MeasuredRun {
  /** Null when it was killed because it took too long. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Most memory it ever had, in MiB; not a number when it was killed. */
  readonly peakMib: number;
}

/** Runs `bin/clair` with a cache in `directory`, and kills it when it has not ended after `patienceMs`. */
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
      CLAIR_PEAK_FILE: peakFile,
    },
  });
  const peakKib = existsSync(peakFile) ? Number(readFileSync(peakFile, 'utf8')) : Number.NaN;
  return { status, stdout, stderr, seconds: (performance.now() - start) / 1000, peakMib: peakKib / 1024 };
}
