import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNevra, rowsOfFixedRpms } from './fixed-rpms.ts';

const namespace = { name: 'rocky:9', versionScheme: 'rpm' };
const rpm = { namespace, name: 'xz', version: '5', release: '1.el9', arch: 'x86_64' };

test('merges the architectures of one build into one sorted row', () => {
  const rows = rowsOfFixedRpms([
    rpm,
    { ...rpm, arch: 'aarch64' },
    rpm,
    { ...rpm, arch: 'src' },
    { ...rpm, epoch: '0', arch: 's390x' },
  ]);
  assert.deepEqual(rows, [
    {
      namespace,
      package: 'xz',
      range: { to: '5-1.el9' },
      fix: { state: 'fixed', version: '5-1.el9' },
      only: { arch: ['aarch64', 's390x', 'x86_64'] },
    },
  ]);
});

test('separates epochs, builds, streams and namespaces', () => {
  const rows = rowsOfFixedRpms([
    rpm,
    { ...rpm, epoch: '1' },
    { ...rpm, release: '2.el9' },
    { ...rpm, module: 'xz:5' },
    { ...rpm, module: 'xz:6' },
    { ...rpm, release: '1.module_el8+1' },
    { ...rpm, release: '1.module+el8+1' },
    { ...rpm, release: '1.modules' },
    { ...rpm, namespace: { ...namespace, name: 'rocky:8' } },
  ]);
  assert.deepEqual(
    rows.map(({ namespace: { name }, range, only }) => [name, range.to, only?.module]),
    [
      ['rocky:9', '5-1.el9', undefined],
      ['rocky:9', '1:5-1.el9', undefined],
      ['rocky:9', '5-2.el9', undefined],
      ['rocky:9', '5-1.el9', 'xz:5'],
      ['rocky:9', '5-1.el9', 'xz:6'],
      ['rocky:9', '5-1.module_el8+1', '*'],
      ['rocky:9', '5-1.module+el8+1', '*'],
      ['rocky:9', '5-1.modules', undefined],
      ['rocky:8', '5-1.el9', undefined],
    ],
  );
});

test('parses the five parts of an rpm file name', () => {
  assert.deepEqual(parseNevra('java-1.8.0-openjdk-1:1.8.0.402.b06-2.el9.x86_64.rpm'), {
    name: 'java-1.8.0-openjdk',
    epoch: '1',
    version: '1.8.0.402.b06',
    release: '2.el9',
    arch: 'x86_64',
  });
  assert.deepEqual(parseNevra('xz-5.2-1.noarch'), {
    name: 'xz',
    epoch: undefined,
    version: '5.2',
    release: '1',
    arch: 'noarch',
  });
  for (const text of ['', 'xz', 'xz-5.2', 'xz-5.2-1', '-:-.'])
    assert.equal(parseNevra(text), undefined, text);
});
