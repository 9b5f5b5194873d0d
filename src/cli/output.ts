import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { ClairError, messageOf } from '../kit/errors.ts';
import type { Report } from '../model/report.ts';
import type { Display, ReportFormat } from '../plugin/report-format.ts';

/** How results look where they go: colours and width only on a terminal; `NO_COLOR` and `FORCE_COLOR` are honoured. */
export function displayFor(output: string | undefined): Display {
  const { env } = process;
  const isForced = (env['FORCE_COLOR'] ?? '0') !== '0' && !env['NO_COLOR'];
  // Asked of the file, since making the stream `process.stdout` takes milliseconds that only a terminal is worth.
  if (output !== undefined || !fstatSync(1).isCharacterDevice() || !process.stdout.isTTY)
    return { colors: isForced };
  return {
    colors: isForced || !(env['NO_COLOR'] || env['TERM'] === 'dumb'),
    columns: process.stdout.columns,
  };
}

/** Writes lines to standard output. */
export function writeLines(lines: readonly string[]): void {
  writeResult(lines.map((line) => `${line}\n`));
}

/** Writes an answer that is no report to standard output: as JSON, or as pieces of text for people. */
export function writeAnswer(
  format: 'table' | 'json',
  answer: object,
  forPeople: (display: Display) => Iterable<string>,
): void {
  writeResult(
    format === 'json' ? [`${JSON.stringify(answer, undefined, 2)}\n`] : forPeople(displayFor(undefined)),
  );
}

/** Writes a report where it is to go, fit for that place. */
export function writeReport(report: Report, format: ReportFormat, output: string | undefined): void {
  writeResult(format.write(report, displayFor(output)), output);
}

/** Writes a result to standard output, or to a file that appears whole or not at all. */
export function writeResult(pieces: Iterable<string>, output?: string): void {
  if (output === undefined) writeAll(1, pieces);
  else writeFile(pieces, output);
}

function writeFile(pieces: Iterable<string>, path: string): void {
  const draft = `${path}.${process.pid}.part`;
  try {
    const file = openSync(draft, 'w');
    try {
      writeAll(file, pieces);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new ClairError('output-failed', `the result cannot be written to ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

const blockCharacters = 64 * 1024;

function writeAll(file: number, pieces: Iterable<string>): void {
  let block = '';
  for (const piece of pieces) {
    block += piece;
    if (block.length < blockCharacters) continue;
    writeBlock(file, block);
    block = '';
  }
  writeBlock(file, block);
}

function writeBlock(file: number, block: string): void {
  const bytes = Buffer.from(block);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // The reader of a pipe went away, as `head` does: nobody wants the rest.
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
    }
  }
}
