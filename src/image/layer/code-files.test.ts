import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { CodeFiles } from './code-files.ts';

function placesOf(paths: readonly string[]): unknown {
  const [byPath, byName] = [new CodeFiles(), new CodeFiles()];
  for (const path of paths) {
    byPath.add({ path, type: 'file' });
    const block = Buffer.from(`./${path}\0`);
    byName.addName(block, 2, block.length - 1);
  }
  assert.deepEqual(byName.finish(), byPath.finish());
  return byPath.finish();
}

test('keeps assemblies, and the names at the root of what Python imports', () => {
  const site = 'usr/lib/python3/site-packages';
  assert.deepEqual(
    placesOf([
      `${site}/yaml/__init__.py`,
      `${site}/yaml/loader.py`,
      `${site}/six.pyc`,
      `${site}/_cffi.cpython-311.so`,
      `${site}/deep/site-packages/inner/a.py`,
      `${site}/yaml/README`,
      'usr/lib/python3/os.py',
      'app/Shop.dll',
      'app/all',
    ]),
    [
      { directory: site, names: ['yaml', 'six.pyc', '_cffi.cpython-311.so'] },
      { directory: `${site}/deep/site-packages`, names: ['inner'] },
      { directory: 'app', names: ['Shop.dll'] },
    ],
  );
});

test('states that the code is unknown when a layer has more than is kept', () => {
  const code = new CodeFiles();
  for (let i = 0; i <= limits.codeFilesPerLayer; i++) code.add({ path: `app/${i}.dll`, type: 'file' });
  assert.equal(code.finish(), undefined);
});
