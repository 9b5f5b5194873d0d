import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import type { ImageLayer } from '../../image/image-layer.ts';
import type { SquashedImage } from '../../match/squash.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { analyzeLayers } from './analyze-layers.ts';
import { type LayerStack, ReadPasses } from './read-passes.ts';

const status = 'var/lib/dpkg/status';
const installed = 'lib/apk/db/installed';

const dpkg = (path: string, name: string): TarEntryPlan => ({
  path,
  content: `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n`,
});
const apk = (path: string, name: string): TarEntryPlan => ({
  path,
  content: `P:${name}\nV:1-r0\nA:noarch\n\n`,
});
const release = (path: string, id: string): TarEntryPlan => ({ path, content: `ID=${id}\n` });
const link = (path: string, target: string): TarEntryPlan => ({ path, target });
const hard = (path: string, target: string): TarEntryPlan => ({ path, target, type: 'hardlink' });
const gone = (path: string): TarEntryPlan => ({ path: path.replace(/([^/]*)$/, '.wh.$1'), content: '' });
const globalHeader = (record: string): TarEntryPlan => ({
  path: 'x',
  type: 'pax-global-header',
  content: record,
});

interface Read {
  readonly squashed: SquashedImage;
  readonly passes: number;
  readonly packages: readonly string[];
  readonly problems: readonly string[];
}

/** Reads layers with these members as an image. */
async function read(t: TestContext, ...layers: readonly (readonly TarEntryPlan[])[]): Promise<Read> {
  const directory = temporaryDirectory(t);
  const stored = layers.map((entries, i): ImageLayer => {
    const path = join(directory, `${i}.tar`);
    const bytes = tar(entries);
    writeFileSync(path, bytes);
    const place = { kind: 'file', path, offset: 0, size: bytes.length, stamp: '' } as const;
    return { place, compression: 'none', sizeBytes: bytes.length };
  });
  const reading = new ReadPasses(builtIn);
  let passes = 0;
  let stack: LayerStack | undefined;
  while (stack === undefined) {
    passes++;
    const indexes = await analyzeLayers(stored, builtIn, { verify: false, links: reading.current.links });
    stack = reading.squash(indexes.map((index, i) => ({ identity: String(i), index })));
  }
  const { squashed } = stack;
  return {
    squashed,
    passes,
    packages: squashed.packages.map((item) => item.package.name).sort(),
    problems: squashed.problems.map(({ path, message }) => `${path} ${message}`),
  };
}

test('lists a database that is written through links of other paths', async (t) => {
  const throughLinks: readonly (readonly TarEntryPlan[])[] = [
    [link('d', '/var/lib/dpkg'), dpkg('d/status', 'a')],
    [link('d', 'var/lib'), dpkg('d/dpkg/status', 'a')],
    [link('d/e', '../var'), dpkg('d/e/lib/dpkg/status', 'a')],
    [link('d', '/'), dpkg(`d/${status}`, 'a')],
    [link('d', 'e'), link('e', '/var/lib'), dpkg('d/dpkg/status', 'a')],
    [link('d', '/var/lib/dpkg/status.d'), dpkg('d/a', 'a')],
    [link('e', '/var/lib'), link('d', 'e/dpkg/../dpkg'), dpkg('d/status', 'a')],
    [link('e', '/q'), link('e/d', '/var/lib/dpkg'), dpkg('q/d/status', 'a')],
    [link('e', '/var/lib/dpkg'), hard('d', 'e'), dpkg('d/status', 'a')],
  ];
  for (const members of throughLinks) {
    const { packages, problems } = await read(t, members);
    assert.deepEqual({ packages, problems }, { packages: ['a'], problems: [] }, JSON.stringify(members));
  }
});

test('lists a database that is written through a library link which leads elsewhere', async (t) => {
  for (const name of ['lib', 'lib64', 'usr/lib64']) {
    const through = [link(name, '/var/lib'), dpkg(`${name}/dpkg/status`, 'a')];
    assert.deepEqual((await read(t, through)).packages, ['a'], name);
    const replaced = await read(
      t,
      [dpkg(status, 'a'), link(name, '/var/lib/dpkg')],
      [dpkg(`${name}/status`, 'b')],
    );
    assert.match(`${replaced.packages.join()} ${replaced.problems.join()}`, /^b|is below a link/, name);
  }
});

test('lists a database at a path that another lister wants', async (t) => {
  for (const place of ['etc/issue', 'var/lib/dpkg/info/x.list', 'etc/apt/sources.list.d/x', 'etc/os-release'])
    for (const linked of [link(status, `/${place}`), hard(status, place)])
      assert.deepEqual((await read(t, [dpkg(place, 'a'), linked])).packages, ['a'], place);
});

test('lists a database below a link, with a hard link to a path that another lister wants', async (t) => {
  const members = [link('usr', 'lib'), apk('etc/issue', 'a'), hard('usr/lib/apk/db/installed', 'etc/issue')];
  assert.deepEqual((await read(t, members)).packages, ['a']);
});

test('reports a member below a link to a file, which some runtimes replace by a directory', async (t) => {
  const lower = [release('etc/os-release', 'a')];
  const below: readonly (readonly TarEntryPlan[])[] = [
    [link('d', 'etc/os-release'), dpkg('d/x', 'x')],
    [link('d', 'etc/os-release'), dpkg('d/x/y/z', 'x')],
    [link('etc/os-release', '../usr/lib/os-release'), dpkg('etc/os-release/x/y/z', 'x')],
    [link('lib', 'etc/os-release'), apk(installed, 'x')],
  ];
  for (const members of below)
    assert.match((await read(t, lower, members)).problems.join(), /link to a file/, JSON.stringify(members));
  assert.deepEqual((await read(t, lower, [link('d', 'etc/os-release')])).problems, []);
});

test('reports a member when a link of its layer leads below a link of a lower layer', async (t) => {
  const lower = [link('var/lib', '/d'), dpkg('d/dpkg/status', 'a')];
  const upper = [link('e', '/var/lib'), dpkg('e/dpkg/status', 'b')];
  assert.match((await read(t, lower, upper)).problems.join(), /e\/dpkg\/status is below a link of a lower/);
});

test('reports a member below a lower link that its layer replaces later', async (t) => {
  const upper = [apk('usr/lib/apk/db/installed', 'a'), { path: 'usr/lib/' }];
  const { problems } = await read(t, [link('usr/lib', '/usr')], upper);
  assert.match(problems.join(), /installed is below a link of a lower layer/);
  assert.deepEqual((await read(t, [link('usr/lib', '/usr')], upper.toReversed())).problems, []);
});

test('reads the file that replaced a link before a hard link to it', async (t) => {
  const lower = [link('d', '/usr/lib/apk/db/installed')];
  const { packages } = await read(t, lower, [apk('d', 'a'), hard('usr/lib/apk/db/installed', 'd')]);
  assert.deepEqual(packages, ['a']);
});

test('lists files that were written through a link that a later layer replaces', async (t) => {
  const through = [link('d', '/var/lib/dpkg'), dpkg('d/status', 'a')];
  assert.deepEqual((await read(t, through, [link('d', '..')])).packages, ['a']);
});

test('reports a directory that becomes opaque after files of its own layer', async (t) => {
  const opaque = gone('lib/.wh..opq');
  const { problems } = await read(t, [link('lib/apk/db', '/d'), opaque, apk(installed, 'a')]);
  assert.match(problems.join(), /is made opaque after files of its own layer/);
  const last = [{ path: 'lib/' }, { path: 'lib/apk/' }, { path: 'lib/apk/db/' }, apk(installed, 'a'), opaque];
  assert.deepEqual((await read(t, last)).problems, []);
  const first = [{ path: 'lib/' }, opaque, { path: 'lib/apk/' }, apk(installed, 'a')];
  assert.deepEqual((await read(t, first)).problems, []);
});

test('reads a file again under the path of a hard link to it', async (t) => {
  const duplicates = [dpkg('f', 'a'), hard('var/lib/dpkg/info/x.list', 'f'), hard(status, 'f')];
  assert.deepEqual((await read(t, duplicates)).packages, ['a']);
});

test('reports a member below a link of a lower layer although its layer has the directory', async (t) => {
  const lower = [dpkg(status, 'a'), link('var/lib/dpkg/status.d', 'status')];
  const upper = [{ path: 'var/lib/dpkg/' }, dpkg('var/lib/dpkg/status.d/b', 'b')];
  assert.match((await read(t, lower, upper)).problems.join(), /status\.d\/b is below a link/);
});

test('reports an opaque root, also through a link', async (t) => {
  const lower = [dpkg(status, 'a')];
  for (const upper of [[gone('.wh..opq')], [link('d', '/'), gone('d/.wh..opq')]])
    assert.match((await read(t, lower, upper)).problems.join(), /marks the root as opaque/);
  assert.deepEqual((await read(t, [gone('.wh..opq'), ...lower])).problems, []);
});

test('finds no release file through a link when its target is a file with a trailing slash', async (t) => {
  const releaseBehind = async (target: string): Promise<boolean> => {
    const { squashed } = await read(t, [release('x', 'a'), link('etc/os-release', target)]);
    return squashed.files.has('etc/os-release');
  };
  for (const target of ['/x/.', '/x/', '/x/../x']) assert.equal(await releaseBehind(target), false, target);
  assert.equal(await releaseBehind('/x'), true);
});

test('applies a whiteout that is reached through a link', async (t) => {
  const lower = [dpkg(status, 'a')];
  const { packages } = await read(t, lower, [link('d', '/var/lib/dpkg'), gone('d/status')]);
  assert.deepEqual(packages, []);
});

test('reports a member whose path has the same link twice', async (t) => {
  const { problems } = await read(t, [link('d', '/'), apk(`d/d/${installed}`, 'a'), apk('x', 'x')]);
  assert.match(problems.join(), /d\/d\/lib.* passes the same link twice/);
});

test('lists both files when two links lead to the path of one database', async (t) => {
  const links = [link('d', '/var/lib/dpkg'), link('e', '/var/lib/dpkg')];
  const { packages } = await read(t, links, [
    dpkg('d/status', 'a'),
    dpkg('e/status', 'b'),
    dpkg('d/status', 'c'),
  ]);
  assert.deepEqual(packages, ['c']);
});

test('reads layers once when links lead only to libraries', async (t) => {
  const merged = [link('lib', 'usr/lib'), link('lib64', 'usr/lib'), apk('usr/lib/apk/db/installed', 'a')];
  assert.equal((await read(t, merged, [{ path: 'usr/bin/x', content: 'x' }])).passes, 1);
  const behind = await read(t, [...merged, release('lib64/os-release', 'alpine')]);
  assert.ok(behind.passes > 1);
  assert.deepEqual([...behind.squashed.files.keys()], ['usr/lib/os-release']);
});

test('lists an entry of status.d when a link in another directory has its name', async (t) => {
  const dangling = [link('var/lib/dpkg/updates', 'status.d/a')];
  const { packages } = await read(t, dangling, [dpkg('var/lib/dpkg/status.d/a', 'a')]);
  assert.deepEqual(packages, ['a']);
});

test('keeps the file of a hard link when the layer removes its other name later', async (t) => {
  const lower = [dpkg(status, 'a')];
  const upper = [hard('var/lib/dpkg/status.d/a', status), gone(status)];
  assert.deepEqual((await read(t, lower, upper)).packages, ['a']);
});

test('reads the file that replaces a hard link at another path', async (t) => {
  const lower = [dpkg(status, 'a'), hard('f', status), dpkg('f', 'b')];
  const { packages } = await read(t, lower, [hard('var/lib/dpkg/status.d/b', 'f')]);
  assert.deepEqual(packages, ['a', 'b']);
});

test('reads the target of a link when it is a hard link to a database that a later layer replaces', async (t) => {
  const lower = [apk(installed, 'a'), hard('d/base', installed)];
  const upper = [link('e', '/d/base'), hard(installed, '/e')];
  assert.deepEqual((await read(t, lower, upper)).packages, ['a']);
});

test('detects the distribution when the release file is a link to a file of a package manager', async (t) => {
  const list = 'var/lib/dpkg/info/x.list';
  for (const linked of [hard('etc/os-release', list), link('etc/os-release', `/${list}`)]) {
    const { squashed } = await read(t, [
      release('usr/lib/os-release', 'other'),
      release(list, 'shown'),
      linked,
    ]);
    assert.equal(String(Buffer.from(squashed.files.get('etc/os-release') ?? [])), 'ID=shown\n', linked.type);
  }
});

test('reports a hard link to a file that its layer replaced, even when a later layer replaces the link', async (t) => {
  const circle = [apk(installed, 'a'), hard('d', installed), hard(installed, 'd')];
  const { problems } = await read(t, circle, [hard('d', installed)]);
  assert.match(problems.join(), /is a hard link/);
});

test('reports a whiteout that comes after the file at its path', async (t) => {
  const remove = (name: string): TarEntryPlan[] => [release('etc/os-release', 'a'), gone(name)];
  for (const name of ['etc/os-release', 'etc'])
    assert.match((await read(t, remove(name))).problems.join(), /is created and removed within one layer/);
  const before = await read(t, [gone('etc'), release('etc/os-release', 'a')]);
  assert.deepEqual(before.problems, []);
});

test('reports a directory that a layer removes and creates again, unless it is opaque', async (t) => {
  const lower = [dpkg(status, 'a')];
  const remade = [gone('var/lib/dpkg'), { path: 'var/lib/dpkg/' }];
  assert.match(
    (await read(t, lower, remade)).problems.join(),
    /is removed and created again within one layer/,
  );
  const opaque = [...remade, gone('var/lib/dpkg/.wh..opq')];
  assert.deepEqual((await read(t, lower, opaque)).problems, []);
});

test('reports a file that replaces a directory with files of its layer, which may be below a lower link', async (t) => {
  const lower = [apk(installed, 'a'), link('d', '/lib/apk/db')];
  const upper = [apk('d/installed', 'b'), link('d', 'x')];
  assert.match(
    (await read(t, lower, upper)).problems.join(),
    /replaces a directory that has files of the same layer/,
  );
});

test('reports a global header with the name of a wanted file or of its whiteout', async (t) => {
  const named = (name: string): TarEntryPlan[] => [
    release('etc/os-release', 'a'),
    globalHeader(`${name.length + 9} path=${name}\n`),
  ];
  for (const name of ['etc/os-release', 'etc/.wh.os-release', '.wh.etc', 'etc/.wh..wh..opq'])
    assert.match((await read(t, named(name))).problems.join(), /the name of a global header/, name);
  assert.deepEqual((await read(t, named('pax_global_header'))).problems, []);
});

test('reads layers once when a link to a wanted file passes a link of the distribution', async (t) => {
  const merged = [link('lib', 'usr/lib'), link('etc/os-release', '../lib/os-release')];
  const { passes, squashed } = await read(t, [...merged, release('usr/lib/os-release', 'a')]);
  assert.equal(passes, 1);
  assert.equal(Buffer.from(squashed.files.get('etc/os-release') ?? []).toString(), 'ID=a\n');
  const written = await read(t, [...merged, release('lib/os-release', 'b')]);
  assert.equal(Buffer.from(written.squashed.files.get('etc/os-release') ?? []).toString(), 'ID=b\n');
});

test('ignores links with the name of the root', async (t) => {
  for (const root of [link('./', '/var/lib/dpkg'), hard('/', status)])
    assert.deepEqual((await read(t, [dpkg(status, 'a'), root])).packages, ['a']);
});

test('reads the journal of an rpm database that a link leads to', async (t) => {
  const linked = [link('var/lib/rpm/rpmdb.sqlite', '/data/db'), { path: 'data/db', content: 'x' }];
  const journal = { path: 'data/db-journal', content: Buffer.from('d9d505f920a163d7', 'hex') };
  const { problems } = await read(t, [...linked, journal]);
  assert.match(problems.join(), /data\/db-journal is the journal of a transaction/);
});

test('reports a directory that follows a file of the same name within one layer', async (t) => {
  const lower = [release('etc/os-release', 'lower')];
  const upper: TarEntryPlan[] = [
    { path: 'etc', content: '' },
    { path: 'etc/', type: 'directory' },
  ];
  assert.deepEqual((await read(t, lower, upper)).problems, [
    'etc is a file and then a directory within one layer: some runtimes remove its content of lower layers',
  ]);
});
