import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postPath } from '../../tools/quality/post-path.ts';
import { type StackFrame, scanPath } from '../../tools/quality/scan-path.ts';

const scanFramesMax = 12;
const scanFilesMax = 9;
const postFunctionsMax = 25;
const listerFunctionsMax = 7;

test('a scan reaches the first package of dpkg within few frames in few files', () => {
  const frames = scanPath();
  const path = textOf(frames);
  assert.equal(frames[0]?.file, 'src/main.ts', path);
  assert.ok(frames.length <= scanFramesMax, `${frames.length} frames:\n${path}`);
  const files = new Set(frames.map(({ file }) => file));
  assert.ok(files.size <= scanFilesMax, `${files.size} files:\n${path}`);
});

test('a posted layer reaches its row within few functions', () => {
  const { toRow, toLister } = postPath();
  const path = textOf(toRow);
  assert.ok(toRow.length <= postFunctionsMax, `${toRow.length} functions:\n${path}`);
  // A path that misses one of these was cut off, and its length means nothing.
  for (const step of ['inspect', 'handle', 'ingestLayer', 'body', 'take', 'push', 'save', 'write', 'add'])
    assert.ok(
      toRow.some((frame) => frame.function === step),
      `${step} is missing:\n${path}`,
    );
  assert.equal(toLister[0]?.file, 'src/layer-worker.ts', textOf(toLister));
  assert.ok(toLister.length <= listerFunctionsMax, `${toLister.length} functions:\n${textOf(toLister)}`);
});

function textOf(frames: readonly StackFrame[]): string {
  return frames.map((frame) => `${frame.function} ${frame.file}`).join('\n');
}
