import { writeSync } from 'node:fs';
import { limits } from '../../core/limits.ts';
import { batchedLines, type WriteLine } from './batched-lines.ts';

/** Options of `logWriter`. */
export interface LogWriterOptions {
  /** Formats a JSON line. */
  readonly shape: (line: string) => string;
}

/**
 * Returns a writer of log lines to standard error that does not wait for the reader of a pipe. It buffers up to `limits.logBufferBytes`
 * for a slow reader, then drops lines and logs their number. At exit it waits at most `limits.logExitMs`.
 */
export function logWriter({ shape }: LogWriterOptions): WriteLine {
  // Node makes a pipe non-blocking when it opens the stream.
  const pipe = new LogPipe(process.stderr.fd, shape);
  const take = batchedLines((lines) => {
    pipe.write(lines);
  });
  process.once('exit', () => {
    pipe.flushUntil(performance.now() + limits.logExitMs);
  });
  return take;
}

const retryMs = 20;

/** Writes in order, at once if the reader is fast enough. A write is synchronous: one in progress on another thread is lost at exit. */
class LogPipe {
  readonly #fd: number;
  readonly #shape: (line: string) => string;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #droppedLines = 0;
  #timer: NodeJS.Timeout | undefined;
  #isBroken = false;

  constructor(fd: number, shape: (line: string) => string) {
    this.#fd = fd;
    this.#shape = shape;
  }

  write(lines: string): void {
    if (this.#isBroken) return;
    const bytes = Buffer.from(lines);
    if (this.#waitingBytes + bytes.length > limits.logBufferBytes) {
      this.#droppedLines += lines.split('\n').length - 1;
      return;
    }
    this.#enqueue(bytes);
    if (this.#timer === undefined) this.#flush();
  }

  /** Blocks until everything is written, or until this time of `performance.now()`. */
  flushUntil(deadline: number): void {
    clearTimeout(this.#timer);
    while (!this.#writeWaiting() && performance.now() < deadline)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
  }

  readonly #flush = (): void => {
    this.#timer = undefined;
    if (!this.#writeWaiting()) this.#timer = setTimeout(this.#flush, retryMs).unref();
  };

  /** Returns whether everything is written. */
  #writeWaiting(): boolean {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined) {
        if (this.#droppedLines === 0) return true;
        this.#noteDropped();
        continue;
      }
      const written = this.#tryWrite(first);
      if (written === 0) return this.#isBroken;
      this.#waitingBytes -= written;
      if (written === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(written);
    }
  }

  #noteDropped(): void {
    const time = new Date().toISOString();
    const line = { level: 'warn', time, lines: this.#droppedLines, msg: droppedMessage };
    const bytes = Buffer.from(this.#shape(`${JSON.stringify(line)}\n`));
    this.#droppedLines = 0;
    this.#enqueue(bytes);
  }

  #enqueue(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** Returns the number of written bytes: 0 if the pipe is full. Without a reader, all lines are dropped. */
  #tryWrite(bytes: Buffer): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      this.#isBroken = true;
      this.#waiting = [];
      this.#droppedLines = 0;
      return 0;
    }
  }
}

const droppedMessage = 'log lines dropped: the reader of standard error is too slow';
