/**
 * Preloaded into a measured command. At its end writes its peak memory in KiB to `PEAK_MEMORY_FILE`. Reads it from /proc, because `maxRSS`
 * includes the memory of the parent at the fork. Uses `maxRSS` only where there is no /proc.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const status = '/proc/self/status';

function peakKib(): string {
  if (!existsSync(status)) return String(process.resourceUsage().maxRSS);
  return /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(status, 'latin1'))?.[1] ?? 'NaN';
}

const file = process.env['PEAK_MEMORY_FILE'];
if (isMainThread && file !== undefined)
  process.once('exit', () => {
    writeFileSync(file, peakKib());
  });
