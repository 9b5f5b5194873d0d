import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanPath } from '../../tools/quality/scan-path.ts';

const framesMax = 12;
const filesMax = 9;

test('a scan reaches the first package of dpkg within few frames in few files', () => {
  const frames = scanPath();
  const path = frames.map((frame) => `${frame.function} ${frame.file}`).join('\n');
  assert.equal(frames[0]?.file, 'src/main.ts', path);
  assert.ok(frames.length <= framesMax, `${frames.length} frames:\n${path}`);
  const files = new Set(frames.map(({ file }) => file));
  assert.ok(files.size <= filesMax, `${files.size} files:\n${path}`);
});
