import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { TarEntry } from '../../kit/tar/walker.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';
import { LayerCollector } from './collector.ts';
import { RecordedNames } from './name-hashes.ts';
import { WantedPaths } from './wanted-paths.ts';

const doc = 'usr/share/doc';
const kind: LicenseFiles = {
  type: 'deb',
  directory: doc,
  file: 'copyright',
  read: (content) => Buffer.from(content).toString().split(' ').filter(Boolean),
};
const database = 'var/lib/dpkg/status';

function collector(keptBytesMax?: number): LayerCollector {
  const wanted = new WantedPaths([database], { licenseFiles: [kind] });
  return new LayerCollector(wanted, keptBytesMax === undefined ? {} : { keptBytesMax });
}

function add(to: LayerCollector, path: string, content: string, entry: Partial<TarEntry> = {}): void {
  const size = Buffer.byteLength(content);
  const sink = to.visit({ path, type: 'file', size, target: '', offset: 0, ...entry });
  sink?.write(Buffer.from(content));
  sink?.close();
}

test('reads the licences of a package from the licence file named after it', () => {
  const layer = collector();
  add(layer, `${doc}/bash/copyright`, 'GPL-3.0-or-later');
  add(layer, `${doc}/bash/copyright.gz`, 'MIT');
  add(layer, `${doc}/bash/examples/copyright`, 'MIT');
  add(layer, `${doc}/copyright`, 'MIT');
  add(layer, `${doc}/silent/copyright`, '');
  const { licenses, nodes, files } = layer.finish();
  assert.deepEqual(licenses, [{ type: 'deb', name: 'bash', licenses: ['GPL-3.0-or-later'] }]);
  assert.deepEqual([nodes, files.size], [[], 0], 'only the licences are kept');
});

test('follows links in a documentation directory to the package, and nowhere else', () => {
  const layer = collector();
  const link = (path: string, target: string, type: TarEntry['type'] = 'symbolic-link'): void => {
    add(layer, path, '', { type, target });
  };
  link(`${doc}/a`, 'gcc-12-base');
  link(`${doc}/b`, '/usr/share/doc/gcc-12-base/');
  link(`${doc}/c`, './../doc/gcc-12-base');
  link(`${doc}/d/copyright`, '../gcc-12-base/copyright');
  link(`${doc}/e/copyright`, 'usr/share/doc/gcc-12-base/copyright', 'hard-link');
  link(`${doc}/x`, '/etc');
  link(`${doc}/y`, 'y');
  link(`${doc}/z/copyright`, '/usr/share/common-licenses/GPL-3');
  const { licenses } = layer.finish();
  assert.deepEqual(
    licenses.map((found) => [found.name, 'sameAs' in found && found.sameAs]),
    ['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'gcc-12-base']),
  );
});

test('keeps wanted files and accepts the layer when there are many licence files', () => {
  const layer = collector(10);
  add(layer, `${doc}/a/copyright`, 'x'.repeat(100));
  add(layer, database, 'Package: a');
  assert.equal(layer.finish().files.get(database)?.length, 10);
  for (let i = 0; i < limits.layerMarks + 1; i++) add(layer, `${doc}/p${i}/copyright`, 'MIT');
  assert.equal(layer.finish().licenses.length, limits.licenseFilesPerLayer);
});

test('skips a licence file without a remark when it is too large', () => {
  const layer = collector();
  const size = limits.licenseFileBytes + 1;
  const sink = layer.visit({ path: `${doc}/a/copyright`, type: 'file', size, target: '', offset: 0 });
  sink?.write(Buffer.alloc(size, 'MIT'));
  sink?.close();
  assert.deepEqual([layer.finish().licenses, layer.finish().remarks], [[], []]);
});

test('counts a program as evidence when it is at the path of a licence file', () => {
  const layer = collector();
  add(
    layer,
    `${doc}/a/copyright`,
    `#!/bin/sh\nPK\x03\x04${'\0'.repeat(22)}\x09\0\0\0META-INF/`.padEnd(200, '\0'),
  );
  assert.deepEqual(
    layer.finish().evidence.found.map(({ kind }) => kind),
    ['maven'],
  );
});

test('drops licences beyond the limit of characters', () => {
  const layer = collector();
  const long = 'x'.repeat(1024 * 1024);
  for (const name of ['a', 'b', 'c']) add(layer, `${doc}/${name}/copyright`, long);
  assert.deepEqual(
    layer.finish().licenses.map(({ name }) => name),
    ['a'],
  );
});

test('passes licence files and links through the filter, and not the files beside them', () => {
  const wanted = new WantedPaths([database], { licenseFiles: [kind] });
  const passes = (path: string): boolean =>
    wanted.endOfUnwanted(Buffer.from(`${path}\0`), 0, new RecordedNames()) === -1;
  assert.ok(passes(`${doc}/a/copyright`) && passes(`./${doc}/a/copyright`) && passes(`${doc}/a`));
  assert.ok(!passes(`${doc}/a/changelog.gz`) && !passes(`${doc}/a/b/copyright`) && !passes('usr/bin/a'));
});

test('finds licence files in a root file system on disk', () => {
  const wanted = new WantedPaths([database], { licenseFiles: [kind] });
  assert.ok(['usr', 'var'].every((path) => wanted.childrenOf('')?.includes(path)));
  assert.deepEqual(wanted.childrenOf('usr/share'), [doc]);
  assert.equal(wanted.childrenOf(doc), undefined);
  assert.deepEqual(wanted.childrenOf(`${doc}/a`), [`${doc}/a/copyright`]);
  assert.deepEqual(wanted.childrenOf('usr/bin'), []);
});
