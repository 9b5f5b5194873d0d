import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { ClairError } from '../../core/errors.ts';
import { addReportOptions } from './report-options.ts';

/** Returns the format and the file of each report that a command line asks for. */
function destinations(...args: string[]): unknown[] {
  const command = new Command();
  const read = addReportOptions(command, {
    formats: [{ name: 'table' }, { name: 'json' }],
    what: 'the report',
  });
  command.parse(args, { from: 'user' });
  return read().map(({ format, output }) => [format.name, output]);
}

test('refuses a format as the name of a file, as other scanners take it in -o', () => {
  assert.throws(
    () => destinations('-o', 'json'),
    (error) =>
      error instanceof ClairError &&
      error.code === 'usage' &&
      error.message.endsWith('write --format json, or --output ./json for a file of that name'),
  );
  assert.deepEqual(destinations('-o', './json'), [['table', './json']]);
  assert.deepEqual(destinations('-f', 'json', '-o', 'report.json'), [['json', 'report.json']]);
});
