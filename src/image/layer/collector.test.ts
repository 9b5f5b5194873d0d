import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { TarWalker } from '../../kit/tar/walker.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { type CollectedLayer, LayerCollector } from './collector.ts';
import { WantedPaths } from './wanted-paths.ts';

const wanted = new WantedPaths(['etc/os-release', 'var/lib/dpkg/status', 'var/lib/dpkg/status.d/*']);

function collect(entries: Iterable<TarEntryPlan>): CollectedLayer {
  const collector = new LayerCollector(wanted);
  const walker = new TarWalker(collector.visit);
  walker.push(Buffer.from(tar(entries)));
  walker.end();
  return collector.finish();
}

function paths({ nodes }: CollectedLayer): string[] {
  return nodes.map(({ path }) => path);
}

const pax = {
  'GNU.sparse.major': '1',
  'GNU.sparse.minor': '0',
  'GNU.sparse.name': 'etc/os-release',
  'GNU.sparse.realsize': '9',
};

test('reports whiteouts of the directory itself and of its parent, and ignores remnants of aufs', () => {
  const names = ['.wh.', '.wh..', '.wh...', '.wh..wh.plnk', '.wh....', '.wh.x', '.wh..y'];
  const { whiteouts, remarks } = collect(
    names.map((name) => ({ path: `var/lib/dpkg/status.d/${name}`, content: '' })),
  );
  assert.deepEqual(
    whiteouts.map((path) => path.replace('var/lib/dpkg/status.d/', '')),
    ['...', 'x', '.y'],
  );
  assert.deepEqual(
    remarks.map(({ path }) => path.replace('var/lib/dpkg/status.d/', '')),
    ['.wh.', '.wh..', '.wh...'],
  );
});

test('reports a whiteout above its directory only if a wanted place may be there', () => {
  const reported = (path: string): boolean => collect([{ path, content: '' }]).remarks.length > 0;
  assert.ok(reported('d/.wh...'));
  assert.ok(reported('.wh.'));
  assert.ok(reported('var/lib/x/.wh...'));
  assert.ok(!reported('opt/x/.wh...'));
  assert.ok(!reported('opt/.wh..'));
});

test('keeps only markers that hide a wanted path', () => {
  const names = ['.wh.opt', '.wh.var', 'opt/.wh.x', 'etc/.wh.os-release', 'etc/.wh.passwd'];
  const opaques = ['.wh..wh..opq', 'opt/.wh..wh..opq', 'var/lib/.wh..wh..opq', 'etc/x/.wh..wh..opq'];
  const layer = collect([...names, ...opaques].map((path) => ({ path, content: '' })));
  assert.deepEqual(layer.whiteouts, ['var', 'etc/os-release']);
  assert.deepEqual(layer.opaques, ['', 'var/lib']);
});

test('removes everything below a directory when another member replaces it, also when the directory was never listed', () => {
  const status = { path: 'var/lib/dpkg/status', content: 'x' };
  const other = { path: 'etc/os-release', content: 'ID=x\n' };
  for (const replacing of [
    { path: 'var', content: '' },
    { path: 'var/lib', target: 'x' },
  ]) {
    const layer = collect([status, other, replacing]);
    assert.deepEqual(paths(layer), ['etc/os-release', replacing.path]);
    assert.deepEqual([...layer.files.keys()], ['etc/os-release']);
    assert.deepEqual(paths(collect([status, replacing, status])), [replacing.path, status.path]);
    assert.deepEqual(paths(collect([status, replacing, status, replacing])), [replacing.path]);
  }
});

test('ignores a file or link that has the name of the root', () => {
  const status = { path: 'var/lib/dpkg/status', content: 'x' };
  const empty = collect([status]);
  for (const path of ['', './', '/', '..', './.'])
    for (const root of [
      { path, type: 'file', content: 'x' },
      { path, type: 'hardlink', target: 'var/lib/dpkg/status' },
      { path, type: 'symlink', target: 'var' },
    ] as const)
      assert.deepEqual(collect([status, root]), empty, `${root.type} ${path}`);
});

test('keeps the children of a directory when it is listed again', () => {
  const status = { path: 'var/lib/dpkg/status', content: 'x' };
  assert.deepEqual(paths(collect([status, { path: 'var/' }, { path: 'var/lib/' }])), [
    status.path,
    'var',
    'var/lib',
  ]);
});

/** Visits `count` empty files in a directory of which all files are wanted. */
function visitMany(collector: LayerCollector, count: number): void {
  for (let i = 0; i < count; i++) {
    const path = `var/lib/dpkg/status.d/${i}`;
    collector.visit({ path, type: 'file', size: 0, target: '', offset: 0 })?.close();
  }
}

test('accepts as many wanted files as the limit allows', () => {
  const collector = new LayerCollector(wanted);
  visitMany(collector, limits.layerMarks);
  assert.equal(collector.finish().files.size, limits.layerMarks);
});

test('frees the bytes of a file when another one replaces it', () => {
  const collector = new LayerCollector(wanted, { keptBytesMax: 20 });
  const entry = { path: 'etc/os-release', type: 'file', size: 8, target: '', offset: 0 } as const;
  for (let i = 0; i < 10; i++) collector.visit(entry)?.close();
  collector.visit({ ...entry, path: 'var/lib/dpkg/status' })?.close();
  assert.throws(
    () => collector.visit({ ...entry, path: 'var/lib/dpkg/status.d/x' }),
    /x has 8 bytes; the wanted files of a layer are read up to 20 bytes together/,
  );
});

test('limits the total length of names and link targets', () => {
  const collector = new LayerCollector(wanted);
  const link = { type: 'symbolic-link', size: 0, target: 'x'.repeat(1_000_000), offset: 0 } as const;
  assert.throws(() => {
    for (let i = 0; i < 10; i++) collector.visit({ ...link, path: `var/lib/dpkg/status.d/${i}` });
  }, /more than 2097152 characters in their names/);
});

test('refuses a layer when it has more wanted files than the limit', () => {
  const collector = new LayerCollector(wanted);
  const device = { path: '', type: 'other', size: 0, target: '', offset: 0 } as const;
  assert.throws(() => {
    for (let i = 0; i <= limits.layerMarks; i++)
      collector.visit({ ...device, path: `var/lib/dpkg/status.d/${i}` });
  }, /more than 20000 whiteouts, links and wanted files/);
});

test('expands a sparse file, and reports one with a malformed map', () => {
  const content = `1\n2\n3\n${'\0'.repeat(506)}abc`;
  const [, good] = [...collect([{ path: 'x', content, pax }]).files][0] ?? [];
  assert.deepEqual(good, Buffer.from('\0\0abc\0\0\0\0'));
  for (const map of ['', 'x\n', '1\n8\n3\n', '2\n0\n1\n', '1\n-1\n1\n']) {
    const { files, remarks } = collect([{ path: 'x', content: map.padEnd(512, '\0'), pax }]);
    assert.equal(files.size, 0);
    assert.deepEqual(
      remarks.map(({ path }) => path),
      ['etc/os-release'],
    );
  }
});

test('takes no time on a sparse map without line ends or with too many pieces', () => {
  const started = process.cpuUsage();
  for (const map of [`40000\n${'x'.repeat(4_000_000)}`, `1000000\n${'0\n0\n'.repeat(1_000_000)}`]) {
    assert.equal(collect([{ path: 'x', content: map, pax }]).remarks.length, 1);
  }
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 5_000_000);
});

test('reports overlong names and hard links to them, also in a root file system', () => {
  const name = `${'./'.repeat(limits.pathBytes / 2)}var/lib/dpkg/status`;
  const { nodes, remarks } = collect([
    { path: name, content: 'x' },
    { path: 'var/lib/dpkg/status', type: 'hardlink', target: name },
  ]);
  assert.deepEqual(nodes, []);
  assert.deepEqual(
    remarks.map(({ message }) => message),
    [
      'a name of more than 4096 bytes was skipped',
      'a hard link to a name of more than 4096 bytes was skipped',
    ],
  );
});
