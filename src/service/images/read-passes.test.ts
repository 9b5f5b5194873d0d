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
import { readUntilLinksResolved } from './read-passes.ts';

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

/** Reads layers of these members as those of an image. */
async function read(t: TestContext, ...layers: readonly (readonly TarEntryPlan[])[]): Promise<Read> {
  const directory = temporaryDirectory(t);
  const stored = layers.map((entries, i): ImageLayer => {
    const path = join(directory, `${i}.tar`);
    const bytes = tar(entries);
    writeFileSync(path, bytes);
    const place = { kind: 'file', path, offset: 0, size: bytes.length, stamp: '' } as const;
    return { place, compression: 'none', sizeBytes: bytes.length };
  });
  let passes = 0;
  const { squashed } = await readUntilLinksResolved(builtIn, async ({ links }) => {
    passes++;
    const indexes = await analyzeLayers(stored, builtIn, { verify: false, links });
    return indexes.map((index, i) => ({ identity: String(i), index }));
  });
  return {
    squashed,
    passes,
    packages: squashed.packages.map((item) => item.package.name).sort(),
    problems: squashed.problems.map(({ path, message }) => `${path} ${message}`),
  };
}

test('lists a database that is laid down through links from elsewhere', async (t) => {
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

test('lists a database that lies where others look for something else', async (t) => {
  for (const place of ['etc/issue', 'var/lib/dpkg/info/x.list', 'etc/apt/sources.list.d/x', 'etc/os-release'])
    for (const linked of [link(status, `/${place}`), hard(status, place)])
      assert.deepEqual((await read(t, [dpkg(place, 'a'), linked])).packages, ['a'], place);
});

test('lists a database behind a link above it and a hard link to where others look', async (t) => {
  const members = [link('usr', 'lib'), apk('etc/issue', 'a'), hard('usr/lib/apk/db/installed', 'etc/issue')];
  assert.deepEqual((await read(t, members)).packages, ['a']);
});

test('states a member below a link to a file, which some runtimes make a directory of', async (t) => {
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

test('states a member that a link of its layer leads below a link of a lower layer', async (t) => {
  const lower = [link('var/lib', '/d'), dpkg('d/dpkg/status', 'a')];
  const upper = [link('e', '/var/lib'), dpkg('e/dpkg/status', 'b')];
  assert.match((await read(t, lower, upper)).problems.join(), /e\/dpkg\/status lies below a link of a lower/);
});

test('states a member below a lower link that its layer replaces afterwards', async (t) => {
  const upper = [apk('usr/lib/apk/db/installed', 'a'), { path: 'usr/lib/' }];
  const { problems } = await read(t, [link('usr/lib', '/usr')], upper);
  assert.match(problems.join(), /installed lies below a link of a lower layer/);
  assert.deepEqual((await read(t, [link('usr/lib', '/usr')], upper.toReversed())).problems, []);
});

test('reads the file that took the place of a link before a hard link to it was made', async (t) => {
  const lower = [link('d', '/usr/lib/apk/db/installed')];
  const { packages } = await read(t, lower, [apk('d', 'a'), hard('usr/lib/apk/db/installed', 'd')]);
  assert.deepEqual(packages, ['a']);
});

test('lists what was written through a link from elsewhere that a later layer set anew', async (t) => {
  const through = [link('d', '/var/lib/dpkg'), dpkg('d/status', 'a')];
  assert.deepEqual((await read(t, through, [link('d', '..')])).packages, ['a']);
});

test('states a directory that is made opaque behind files of its own layer', async (t) => {
  const opaque = gone('lib/.wh..opq');
  const { problems } = await read(t, [link('lib/apk/db', '/d'), opaque, apk(installed, 'a')]);
  assert.match(problems.join(), /is made opaque behind files of its own layer/);
  const last = [{ path: 'lib/' }, { path: 'lib/apk/' }, { path: 'lib/apk/db/' }, apk(installed, 'a'), opaque];
  assert.deepEqual((await read(t, last)).problems, []);
  const first = [{ path: 'lib/' }, opaque, { path: 'lib/apk/' }, apk(installed, 'a')];
  assert.deepEqual((await read(t, first)).problems, []);
});

test('reads a file once more as what a hard link to it stands for', async (t) => {
  const duplicates = [dpkg('f', 'a'), hard('var/lib/dpkg/info/x.list', 'f'), hard(status, 'f')];
  assert.deepEqual((await read(t, duplicates)).packages, ['a']);
});

test('states a member below a link of a lower layer though its layer has a directory above', async (t) => {
  const lower = [dpkg(status, 'a'), link('var/lib/dpkg/status.d', 'status')];
  const upper = [{ path: 'var/lib/dpkg/' }, dpkg('var/lib/dpkg/status.d/b', 'b')];
  assert.match((await read(t, lower, upper)).problems.join(), /status\.d\/b lies below a link/);
});

test('states an opaque root, also behind a link', async (t) => {
  const lower = [dpkg(status, 'a')];
  for (const upper of [[gone('.wh..opq')], [link('d', '/'), gone('d/.wh..opq')]])
    assert.match((await read(t, lower, upper)).problems.join(), /marks the root as opaque/);
  assert.deepEqual((await read(t, [gone('.wh..opq'), ...lower])).problems, []);
});

test('finds no release file behind a link to a file whose target ends like a directory', async (t) => {
  const releaseBehind = async (target: string): Promise<boolean> => {
    const { squashed } = await read(t, [release('x', 'a'), link('etc/os-release', target)]);
    return squashed.files.has('etc/os-release');
  };
  for (const target of ['/x/.', '/x/', '/x/../x']) assert.equal(await releaseBehind(target), false, target);
  assert.equal(await releaseBehind('/x'), true);
});

test('removes what a marker behind a link from elsewhere removes', async (t) => {
  const lower = [dpkg(status, 'a')];
  const { packages } = await read(t, lower, [link('d', '/var/lib/dpkg'), gone('d/status')]);
  assert.deepEqual(packages, []);
});

test('states a member that goes through one link twice', async (t) => {
  const { problems } = await read(t, [link('d', '/'), apk(`d/d/${installed}`, 'a'), apk('x', 'x')]);
  assert.match(problems.join(), /d\/d\/lib.* goes twice through a link/);
});

test('lists both files that links lead to the place of one database', async (t) => {
  const links = [link('d', '/var/lib/dpkg'), link('e', '/var/lib/dpkg')];
  const { packages } = await read(t, links, [
    dpkg('d/status', 'a'),
    dpkg('e/status', 'b'),
    dpkg('d/status', 'c'),
  ]);
  assert.deepEqual(packages, ['c']);
});

test('reads layers once where links lead to libraries and nothing lies behind them', async (t) => {
  const merged = [link('lib', 'usr/lib'), link('lib64', 'usr/lib'), apk('usr/lib/apk/db/installed', 'a')];
  assert.equal((await read(t, merged, [{ path: 'usr/bin/x', content: 'x' }])).passes, 1);
  const behind = await read(t, [...merged, release('lib64/os-release', 'alpine')]);
  assert.ok(behind.passes > 1);
  assert.deepEqual([...behind.squashed.files.keys()], ['usr/lib/os-release']);
});

test('lists an entry of status.d that a link of another directory has the name of', async (t) => {
  const dangling = [link('var/lib/dpkg/updates', 'status.d/a')];
  const { packages } = await read(t, dangling, [dpkg('var/lib/dpkg/status.d/a', 'a')]);
  assert.deepEqual(packages, ['a']);
});

test('shares the file of a lower layer that the layer removes behind its hard link', async (t) => {
  const lower = [dpkg(status, 'a')];
  const upper = [hard('var/lib/dpkg/status.d/a', status), gone(status)];
  assert.deepEqual((await read(t, lower, upper)).packages, ['a']);
});

test('reads what takes the place of a hard link elsewhere', async (t) => {
  const lower = [dpkg(status, 'a'), hard('f', status), dpkg('f', 'b')];
  const { packages } = await read(t, lower, [hard('var/lib/dpkg/status.d/b', 'f')]);
  assert.deepEqual(packages, ['a', 'b']);
});

test('reads what a link leads to that is a hard link to a database that a later layer replaces', async (t) => {
  const lower = [apk(installed, 'a'), hard('d/base', installed)];
  const upper = [link('e', '/d/base'), hard(installed, '/e')];
  assert.deepEqual((await read(t, lower, upper)).packages, ['a']);
});

test('detects the distribution from a release file that is a link to a file of a package manager', async (t) => {
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

test('states a hard link to what its layer replaced, though a later layer replaces the link', async (t) => {
  const circle = [apk(installed, 'a'), hard('d', installed), hard(installed, 'd')];
  const { problems } = await read(t, circle, [hard('d', installed)]);
  assert.match(problems.join(), /is a hard link/);
});

test('states a marker behind what its own layer has at the path', async (t) => {
  const remove = (name: string): TarEntryPlan[] => [release('etc/os-release', 'a'), gone(name)];
  for (const name of ['etc/os-release', 'etc'])
    assert.match((await read(t, remove(name))).problems.join(), /is laid down and removed within one layer/);
  const before = await read(t, [gone('etc'), release('etc/os-release', 'a')]);
  assert.deepEqual(before.problems, []);
});

test('states a directory that a layer removes and makes again, unless it is opaque', async (t) => {
  const lower = [dpkg(status, 'a')];
  const remade = [gone('var/lib/dpkg'), { path: 'var/lib/dpkg/' }];
  assert.match((await read(t, lower, remade)).problems.join(), /is removed and made again within one layer/);
  const opaque = [...remade, gone('var/lib/dpkg/.wh..opq')];
  assert.deepEqual((await read(t, lower, opaque)).problems, []);
});

test('states what replaces a directory that its layer has files in: they may lie behind a lower link', async (t) => {
  const lower = [apk(installed, 'a'), link('d', '/lib/apk/db')];
  const upper = [apk('d/installed', 'b'), link('d', 'x')];
  assert.match(
    (await read(t, lower, upper)).problems.join(),
    /replaces a directory with files of its own layer/,
  );
});

test('states a global header with the name of a wanted file, or of a marker for one', async (t) => {
  const named = (name: string): TarEntryPlan[] => [
    release('etc/os-release', 'a'),
    globalHeader(`${name.length + 9} path=${name}\n`),
  ];
  for (const name of ['etc/os-release', 'etc/.wh.os-release', '.wh.etc', 'etc/.wh..wh..opq'])
    assert.match((await read(t, named(name))).problems.join(), /the name of a global header/, name);
  assert.deepEqual((await read(t, named('pax_global_header'))).problems, []);
});

test('passes over links with the name of the root', async (t) => {
  for (const root of [link('./', '/var/lib/dpkg'), hard('/', status)])
    assert.deepEqual((await read(t, [dpkg(status, 'a'), root])).packages, ['a']);
});

test('reads the journal beside the rpm database that a link leads to', async (t) => {
  const linked = [link('var/lib/rpm/rpmdb.sqlite', '/data/db'), { path: 'data/db', content: 'x' }];
  const journal = { path: 'data/db-journal', content: Buffer.from('d9d505f920a163d7', 'hex') };
  const { problems } = await read(t, [...linked, journal]);
  assert.match(problems.join(), /data\/db-journal is the journal of a transaction/);
});
