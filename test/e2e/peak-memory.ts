/**
 * Preloaded into a command that is measured: writes the most memory the process ever had, in KiB, to `CLAIR_PEAK_FILE` when it
 * ends. Asked of /proc, as `maxRSS` also counts what the parent had when it forked; elsewhere than on Linux that must do.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const status = '/proc/self/status';

function peakKib(): string {
  if (!existsSync(status)) return String(process.resourceUsage().maxRSS);
  return /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(status, 'latin1'))?.[1] ?? 'NaN';
}

const file = process.env['CLAIR_PEAK_FILE'];
if (isMainThread && file !== undefined)
  process.once('exit', () => {
    writeFileSync(file, peakKib());
  });
