import type { Logger } from 'pino';
import { limits } from '../../core/limits.ts';

/**
 * Kills this process if it has not ended within `limits.forcedStopMs`. A thread inside a long SQLite statement cannot be interrupted, and
 * a process waits for its threads. The database rolls back the open transaction.
 */
export function forceStop(log: Logger): void {
  const timer = setTimeout(() => {
    log.error({ seconds: limits.forcedStopMs / 1000 }, 'not stopped in time: the process is killed');
    process.kill(process.pid, 'SIGKILL');
  }, limits.forcedStopMs);
  timer.unref();
}
