import { pino } from 'pino';
import { limits } from '../../core/limits.ts';
import { batchedLines, type WriteLine } from './batched-lines.ts';

/** Where log lines go. */
export interface LogWriterOptions {
  /** Standard error by default. */
  readonly fd?: number;
  /** Gives a JSON line the form of the log. */
  readonly shape: (line: string) => string;
}

/**
 * Writes log lines to a file descriptor without waiting for its reader. While the reader is slow, up to `limits.logBufferBytes` wait in memory.
 * Lines beyond that are dropped, and a line says how many. An exiting process waits at most `limits.logExitMs` for the reader.
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
  // Before the listener of pino, which would wait for the reader without end.
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
