import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSqliteWarning } from './sqlite-warning.ts';

test('hides the warning about SQLite and shows every other one', () => {
  const shown: string[] = [];
  const host = { emitWarning: (warning: string | Error) => void shown.push(String(warning)) };
  hideSqliteWarning(host);
  host.emitWarning('SQLite is an experimental feature and might change at any time');
  host.emitWarning('Type Stripping is an experimental feature');
  host.emitWarning(new Error('old'));
  assert.deepEqual(shown, ['Type Stripping is an experimental feature', 'Error: old']);
});
