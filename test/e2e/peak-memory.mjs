/**
 * Preloaded into a measured command. JavaScript, because the compiler of TypeScript would take 12 MiB in that command. At its end it writes its peak memory in KiB to `PEAK_MEMORY_FILE`. Reads it from /proc, because `maxRSS`
 * includes the memory of the parent at the fork. Uses `maxRSS` only where there is no /proc.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const status = '/proc/self/status';

/** @returns {string} */
function peakKib() {
  if (!existsSync(status)) return String(process.resourceUsage().maxRSS);
  return /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(status, 'latin1'))?.[1] ?? 'NaN';
}

const file = process.env['PEAK_MEMORY_FILE'];
if (isMainThread && file !== undefined)
  process.once('exit', () => {
    writeFileSync(file, peakKib());
  });
