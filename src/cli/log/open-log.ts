import { isatty } from 'node:tty';
import { type Logger, pino, stdSerializers } from 'pino';
import type { Config } from '../../config/settings.ts';
import type { WriteLine } from './batched-lines.ts';
import { logWriter } from './log-writer.ts';
import { escapeUnsafe, textLine } from './text-line.ts';

/** Options of `openLog`. */
export interface LogOptions {
  readonly level: Config['log']['level'];
  readonly format: Config['log']['format'];
  /** Masks secrets in a line. */
  readonly redact: (line: string) => string;
  /** Receives each line with its line break; standard error by default. */
  readonly write?: WriteLine;
}

/** Message of the log line of a request. */
export const requestMessage = 'request';

const requestEnd = `"msg":${JSON.stringify(requestMessage)}}\n`;

/**
 * Opens the log. Lines of requests are written at the end of each turn of the event loop, all others at once. Levels are names; times are
 * RFC 3339 in UTC with milliseconds.
 */
export function openLog({ level, format, redact, write: given }: LogOptions): Logger {
  const isText = format === 'text' || (format === 'auto' && isatty(2));
  const shape = isText ? textLine : escapeUnsafe;
  const write = given ?? logWriter({ shape });
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFields },
    },
    {
      write(line: string) {
        write(shape(redact(line)), line.endsWith(requestEnd));
      },
    },
  );
}

/** Returns the fields of a logged error. Its `type` is the name of the error, since the bundle shortens the names of classes. */
function errorFields(error: unknown): unknown {
  return error instanceof Error ? { ...stdSerializers.err(error), type: error.name } : error;
}
