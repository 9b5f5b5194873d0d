import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import { limits } from '../../../core/limits.ts';
import { pythonLister } from './python.ts';

function metadata(name: string, version: string): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\n`;
}

/** Lists an archive of these files: `name version evidence path`, or the kind of event. */
function list(path: string, files: Readonly<Record<string, string>>, preamble = ''): string[] {
  const entries = Object.entries(files).map(([name, text]) => [name, Buffer.from(text)] as const);
  const archive = zipSync(Object.fromEntries(entries), { mtime: '1989-02-20' });
  const content = Buffer.concat([Buffer.from(preamble), archive]);
  return [...(pythonLister.listEach?.()(path, content) ?? [])].map((event) => {
    if (event.kind !== 'package') return event.kind;
    const { name, version, evidence, archivePath, parent } = event.package;
    return [name, version, evidence, archivePath, parent?.name].filter(Boolean).join(' ');
  });
}

const wheel = { 'idna-3.2.dist-info/METADATA': metadata('idna', '3.2'), 'idna/core.py': '' };

test('lists a wheel as dormant, unless a PEX runs it', () => {
  const inside = 'idna-3.2.dist-info/METADATA';
  assert.deepEqual(list('wheels/idna-3.2-py3-none-any.whl', wheel), [`idna 3.2 dormant ${inside}`]);
  assert.deepEqual(list('usr/lib/python3.11/ensurepip/_bundled/idna-3.2-py3-none-any.whl', wheel), [
    `idna 3.2 dormant ${inside}`,
  ]);
  assert.deepEqual(list('app.pex/.deps/idna-3.2-py3-none-any.whl', wheel), [
    `idna 3.2 embedded-in-archive ${inside}`,
  ]);
});

test('lists no archive of test data within a package, or among sources that uv unpacked', () => {
  const egg = { 'EGG-INFO/PKG-INFO': metadata('x', '1.0') };
  const places = [
    'usr/lib/python3/site-packages/pkg_resources/tests/data',
    'root/.cache/uv/sdists-v11/pypi/x/1.0/a',
  ];
  assert.deepEqual(
    places.flatMap((place) => list(`${place}/x-1.0-py3.7.egg`, egg)),
    ['no-package', 'no-package'],
  );
});

test('reads a file in an archive up to the longest path that Linux opens', () => {
  const placeOf = (length: number): string =>
    'x-1.0-py3-none-any.whl/x-1.0.dist-info/METADATA'.padStart(length, `${'d'.repeat(63)}/`);
  for (const [length, count] of [
    [limits.pathBytes, 1],
    [limits.pathBytes + 1, 0],
  ] as const)
    assert.equal(list('srv/app.pyz', { [placeOf(length)]: metadata('x', '1.0') }).length, count);
});

test('lists no copy inside of a wheel, whose own metadata are at its root', () => {
  const files = {
    'setuptools-70.0.dist-info/METADATA': metadata('setuptools', '70.0'),
    'setuptools/_vendor/wheel-0.43.dist-info/METADATA': metadata('wheel', '0.43'),
  };
  assert.deepEqual(list('w/setuptools-70.0-py3-none-any.whl', files), [
    'setuptools 70.0 dormant setuptools-70.0.dist-info/METADATA',
  ]);
});

test('lists a zipped egg by its metadata', () => {
  assert.deepEqual(
    list('usr/lib/python3/site-packages/x-1.0-py3.8.egg', { 'EGG-INFO/PKG-INFO': metadata('x', '1.0') }),
    ['x 1.0 embedded-in-archive EGG-INFO/PKG-INFO'],
  );
});

test('lists what a PEX or a zipapp runs, after its first line', () => {
  const inside = '.deps/requests-2.26.0-py3-none-any.whl/requests-2.26.0.dist-info/METADATA';
  const vendored = '.deps/setuptools-70.0-py3-none-any.whl/setuptools/_vendor/wheel-0.43.dist-info/METADATA';
  const files = {
    'PEX-INFO': '{}',
    [inside]: metadata('requests', '2.26.0'),
    '.deps/setuptools-70.0-py3-none-any.whl/setuptools-70.0.dist-info/METADATA': metadata(
      'setuptools',
      '70.0',
    ),
    [vendored]: metadata('wheel', '0.43'),
  };
  assert.deepEqual(list('srv/app.pex', files, '#!/usr/bin/env python3\n'), [
    `requests 2.26.0 embedded-in-archive ${inside}`,
    'setuptools 70.0 embedded-in-archive .deps/setuptools-70.0-py3-none-any.whl/setuptools-70.0.dist-info/METADATA',
    `wheel 0.43 vendored ${vendored} setuptools`,
  ]);
  const shiv = { 'site-packages/idna-3.2.dist-info/METADATA': metadata('idna', '3.2'), '__main__.py': '' };
  assert.deepEqual(list('srv/app.pyz', shiv, '#!/usr/bin/env python3\n'), [
    'idna 3.2 embedded-in-archive site-packages/idna-3.2.dist-info/METADATA',
  ]);
});

test('counts an archive without metadata as unread, and reports a damaged one', () => {
  assert.deepEqual(list('srv/app.pyz', { '__main__.py': '' }), []);
  const events = [...(pythonLister.listEach?.()('srv/app.pex', Buffer.from('PK\x03\x04')) ?? [])];
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['problem'],
  );
});
