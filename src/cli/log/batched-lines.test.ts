import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { batchedLines } from './batched-lines.ts';

test('writes lines that may wait together at the end of the turn, in order with other lines', async () => {
  const written: string[] = [];
  const writeLine = batchedLines((lines) => written.push(lines));
  writeLine('a', true);
  writeLine('b', true);
  assert.deepEqual(written, []);
  await setImmediate();
  assert.deepEqual(written, ['ab']);
  writeLine('c', true);
  writeLine('d', false);
  assert.deepEqual(written, ['ab', 'cd']);
  await setImmediate();
  assert.deepEqual(written, ['ab', 'cd']);
});

test('writes waiting lines when the process exits or fails in the same turn', () => {
  const module = JSON.stringify(new URL('batched-lines.ts', import.meta.url).href);
  for (const end of ['process.exit(0)', 'throw new Error("end")']) {
    const script = `import { writeSync } from 'node:fs';
      import { batchedLines } from ${module};
      batchedLines((lines) => writeSync(1, lines))('kept', true);
      ${end};`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.equal(stdout, 'kept');
  }
});
