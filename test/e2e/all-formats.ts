import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtIn } from '../../src/extensions.ts';
import { clair, scratch } from './clair.ts';

/**
 * Scans an image once, and returns its report in each built-in format by the name of the format. `args` are arguments of `clair scan`. Throws
 * if the command fails.
 */
export function reportsInAllFormats(...args: readonly string[]): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(scratch, 'formats-'));
  const files = new Map(builtIn.formats.map(({ name }) => [name, join(folder, name)]));
  const outputs = Array.from(files, ([name, file]) => ['--format', name, '--output', file]);
  const { status, stderr } = clair(['scan', ...args, ...outputs.flat()]);
  if (status !== 0) throw new Error(`clair scan ${args.join(' ')} ended with ${status}: ${stderr}`);
  const reports = new Map<string, string>();
  for (const [name, file] of files) reports.set(name, readFileSync(file, 'utf8'));
  return reports;
}
