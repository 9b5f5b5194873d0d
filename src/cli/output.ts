import { fstatSync, writeSync } from 'node:fs';
import { ClairError, messageOf } from '../core/errors.ts';
import { isSystemError } from '../core/system-error.ts';
import { escapeLine } from '../kit/untrusted-text.ts';
import type { Report } from '../model/report.ts';
import type { Display, ReportFormat } from '../plugin/report-format.ts';
import { sourceDateEpoch } from './environment.ts';

/** Returns the display of an output: colours and width only on a terminal. Applies `NO_COLOR` and `FORCE_COLOR`. */
export function displayFor(output: string | undefined): Display {
  const { env } = process;
  const isForced = (env['FORCE_COLOR'] ?? '0') !== '0' && !env['NO_COLOR'];
  // Checks the file descriptor first, because creating `process.stdout` takes milliseconds.
  if (output !== undefined || !fstatSync(1).isCharacterDevice() || !process.stdout.isTTY)
    return { colors: isForced };
  return {
    colors: isForced || !(env['NO_COLOR'] || env['TERM'] === 'dumb'),
    columns: process.stdout.columns,
  };
}

/** Writes lines for people to standard output. Escapes them, because they contain untrusted text. */
export function writeLines(lines: readonly string[]): void {
  writeText(lines.map((line) => `${escapeLine(line)}\n`));
}

/** Writes a result other than a report to standard output, as JSON or as text. */
export function writeJsonOrText(
  format: 'table' | 'json',
  result: object,
  toText: (display: Display) => Iterable<string>,
): void {
  writeText(
    format === 'json' ? [`${JSON.stringify(result, undefined, 2)}\n`] : toText(displayFor(undefined)),
  );
}

/** The destination of a result: a file, or standard output if `output` is absent. */
export interface Destination<Format> {
  readonly format: Format;
  readonly output?: string;
}

/** Writes a report to each destination, with the display of that destination. */
export async function writeReports(
  report: Report,
  destinations: readonly Destination<ReportFormat>[],
  more: Pick<Display, 'gated' | 'order' | 'detail'> = {},
): Promise<void> {
  const time = sourceDateEpoch();
  for (const { format, output } of destinations) {
    const display = { ...displayFor(output), ...more, ...(time !== undefined && { time }) };
    await writeResult(format.write(report, display), output);
  }
}

/** Writes a result atomically to a file, or to standard output if `output` is undefined. */
export async function writeResult(chunks: Iterable<string>, output: string | undefined): Promise<void> {
  if (output === undefined) {
    writeText(chunks);
    return;
  }
  const { writeFileAtomically } = await import('../kit/write-file-atomically.ts');
  await writeFileAtomically(output, blocksOf(chunks));
}

/** Writes text to standard output. Stops silently if the reader closes the pipe. Throws `output-failed`. */
export function writeText(chunks: Iterable<string>): void {
  for (const block of blocksOf(chunks)) writeBlock(block);
}

const blockCharacters = 64 * 1024;

function* blocksOf(chunks: Iterable<string>): Generator<Buffer> {
  let block = '';
  for (const chunk of chunks) {
    // A large chunk is not copied into a block.
    if (chunk.length >= blockCharacters && block !== '') {
      yield Buffer.from(block);
      block = '';
    }
    block += chunk;
    if (block.length < blockCharacters) continue;
    yield Buffer.from(block);
    block = '';
  }
  yield Buffer.from(block);
}

function writeBlock(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // The reader closed the pipe, as `head` does.
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw unwritable(error);
    }
  }
}

function unwritable(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const message = `standard output cannot be written: ${messageOf(error)}`;
  return new ClairError('output-failed', message, { cause: error });
}
