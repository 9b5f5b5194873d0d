import { pino } from 'pino';
import { limits } from '../../core/limits.ts';
import { batchedLines, type WriteLine } from './batched-lines.ts';

/** Options of `logWriter`. */
export interface LogWriterOptions {
  /** File descriptor; 2, standard error, by default. */
  readonly fd?: number;
  /** Formats a JSON line. */
  readonly shape: (line: string) => string;
}

/**
 * Returns a writer of log lines that does not wait for the reader. It buffers up to `limits.logBufferBytes` for a slow reader, then drops
 * lines and logs their number. At exit it waits at most `limits.logExitMs`.
 */
export function logWriter({ fd = 2, shape }: LogWriterOptions): WriteLine {
  let exitBy = Number.POSITIVE_INFINITY;
  let dropped = 0;
  const destination = pino.destination({
    fd,
    sync: false,
    maxLength: limits.logBufferBytes,
    retryEAGAIN: () => performance.now() < exitBy,
  });
  destination.on('drop', (lines: string) => {
    dropped += lines.split('\n').length - 1;
  });
  destination.on('drain', () => {
    if (dropped === 0) return;
    const line = { level: 'warn', time: new Date().toISOString(), lines: dropped, msg: droppedMessage };
    dropped = 0;
    destination.write(shape(`${JSON.stringify(line)}\n`));
  });
  const take = batchedLines((lines) => {
    destination.write(lines);
  });
  // Runs before pino's listener, which would wait for the reader without limit.
  process.prependOnceListener('exit', () => {
    exitBy = performance.now() + limits.logExitMs;
    take('', false);
    try {
      destination.flushSync();
    } catch {
      destination.destroy();
    }
  });
  return take;
}

const droppedMessage = 'log lines dropped: the reader of standard error is too slow';
