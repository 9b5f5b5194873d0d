import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../core/limits.ts';
import { noEvidence } from '../model/evidence/layer-evidence.ts';
import type { LayerIndex, LayerNode } from '../model/layer-index.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import type { LinkTarget } from './links.ts';
import { type SquashedImage, squash as squashPlaces } from './squash.ts';

const release = 'etc/os-release';
const database = 'var/lib/dpkg/status';
const patterns = [release, 'usr/lib/os-release', database, 'var/lib/dpkg/status.d/*', 'd/*', 'etc/issue'];

function squash(layers: readonly LayerIndex[], links: readonly LinkTarget[] = []): SquashedImage {
  return squashPlaces(layers, { patterns, links });
}

/** A layer with these files as content. For the database, each line lists one package. */
function layer(files: Readonly<Record<string, string>>, marks: Partial<LayerIndex> = {}): LayerIndex {
  const nodes: LayerNode[] = Object.keys(files).map((path) => ({ path, kind: 'file' }));
  const listed = files[database]?.split(' ').map((name) => ({ type: 'deb', name, version: '1' }));
  return {
    ...emptyLayer,
    contents: Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) })),
    packages: listed === undefined ? [] : [{ path: database, lister: 'dpkg', packages: listed }],
    ...marks,
    nodes: [...nodes, ...(marks.nodes ?? [])],
  };
}

function visible(...layers: LayerIndex[]): Record<string, string> {
  return Object.fromEntries(
    [...squash(layers).files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
  );
}

const packagesOf = (...layers: LayerIndex[]): string[] =>
  squash(layers).packages.map((item) => `${item.package.name}@${item.layer}`);

test('the last layer wins', () => {
  assert.deepEqual(visible(layer({ [release]: 'a' }), layer({}), layer({ [release]: 'b' })), {
    [release]: 'b',
  });
});

test('a whiteout removes a file, or a directory with its content, from the layers below only', () => {
  assert.deepEqual(visible(layer({ [release]: 'a' }), layer({}, { whiteouts: [release] })), {});
  assert.deepEqual(visible(layer({ [release]: 'a' }), layer({}, { whiteouts: ['etc'] })), {});
  assert.deepEqual(visible(layer({ [release]: 'a' }), layer({}, { whiteouts: ['et'] })), { [release]: 'a' });
  assert.deepEqual(visible(layer({ [release]: 'a' }), layer({ [release]: 'b' }, { whiteouts: [release] })), {
    [release]: 'b',
  });
  assert.deepEqual(visible(layer({}, { whiteouts: [release] }), layer({ [release]: 'b' })), {
    [release]: 'b',
  });
});

test('an opaque directory hides its content in lower layers and keeps its own', () => {
  const upper = layer({ [release]: 'b' }, { opaques: ['etc'] });
  assert.deepEqual(visible(layer({ [release]: 'a', 'etc/issue': 'i' }), upper), { [release]: 'b' });
  assert.deepEqual(visible(layer({ [release]: 'a' }), layer({}, { opaques: [''] })), {});
});

test('a file over a directory removes its content, and a later directory does not restore it', () => {
  const lower = layer({ [database]: 'bash' });
  const file = layer({}, { nodes: [{ path: 'var/lib/dpkg', kind: 'file' }] });
  const directory = layer({}, { nodes: [{ path: 'var/lib/dpkg', kind: 'directory' }] });
  assert.deepEqual(packagesOf(lower, file), []);
  assert.deepEqual(packagesOf(lower, file, directory), []);
  assert.deepEqual(packagesOf(lower, directory), ['bash@0']);
  assert.deepEqual(packagesOf(lower, file, layer({ [database]: 'dash' })), ['dash@2']);
});

test('a file above other paths becomes a directory, but entries of the same layer stay', () => {
  const loop = layer({}, { nodes: [{ path: 'etc', kind: 'symbolic-link', target: 'etc' }] });
  assert.deepEqual(visible(loop, layer({ [release]: 'b' })), { [release]: 'b' });
  const both = layer({ 'etc/issue': 'i', 'etc/issue/d': '' });
  assert.deepEqual(visible(both)['etc/issue'], 'i');
  assert.deepEqual(visible(layer({ 'etc/issue': 'lower' }), both)['etc/issue'], 'i');
});

test('follows symbolic links inside the image, with loops and attempts to leave it', () => {
  const link = (path: string, target: string): LayerIndex =>
    layer({}, { nodes: [{ path, kind: 'symbolic-link', target }] });
  const lower = layer({ 'usr/lib/os-release': 'a' });
  assert.equal(visible(lower, link(release, '../usr/lib/os-release'))[release], 'a');
  assert.equal(visible(lower, link(release, '/usr/lib/os-release'))[release], 'a');
  assert.equal(visible(lower, link(release, '../../../../usr/lib/os-release'))[release], 'a');
  assert.equal(visible(lower, link(release, 'os-release'))[release], undefined);
  assert.equal(visible(lower, link(release, '/nowhere'))[release], undefined);
  assert.equal(
    visible(lower, link(release, '../usr/lib/os-release'), layer({ 'usr/lib/os-release': 'b' }))[release],
    'b',
  );
  const merged = layer(
    { 'usr/lib/os-release': 'a' },
    { nodes: [{ path: 'lib', kind: 'symbolic-link', target: 'usr/lib' }] },
  );
  assert.deepEqual(visible(merged), { 'usr/lib/os-release': 'a' });
});

test('writes and removes at the target when a path is below a link of a lower layer', () => {
  const merged = layer(
    { 'usr/lib/os-release': 'a' },
    { nodes: [{ path: 'etc', kind: 'symbolic-link', target: '/usr/lib' }] },
  );
  const through = layer({ [release]: 'b' });
  assert.deepEqual(visible(merged, through), { 'usr/lib/os-release': 'b' });
  assert.deepEqual(visible(merged, layer({}, { whiteouts: [release] })), {});
  assert.deepEqual(visible(merged, layer({}, { opaques: ['etc'] })), {});
  const replaced = layer({ [release]: 'b' }, { opaques: ['etc'] });
  const again = { ...replaced, nodes: [{ path: 'etc', kind: 'directory' } as const, ...replaced.nodes] };
  assert.deepEqual(visible(merged, again), { 'usr/lib/os-release': 'a', [release]: 'b' });
  const unlinked = layer({ [release]: 'b' }, { whiteouts: ['etc'] });
  assert.deepEqual(visible(merged, unlinked), { 'usr/lib/os-release': 'a', [release]: 'b' });
});

test('gives a hard link the content of its target', () => {
  const linked = layer(
    { 'usr/lib/os-release': 'a' },
    { nodes: [{ path: release, kind: 'hard-link', target: './usr/lib/os-release' }] },
  );
  assert.equal(visible(linked)[release], 'a');
});

test('attributes a package to the lowest layer since which it was always present', () => {
  const layers = [
    layer({ [database]: 'bash tar' }),
    layer({}),
    layer({ [database]: 'bash' }),
    layer({ [database]: 'bash tar zlib' }),
  ];
  assert.deepEqual(packagesOf(...layers), ['bash@0', 'tar@3', 'zlib@3']);
});

test('drops problems of a file that a later layer replaced', () => {
  const broken = layer(
    { [database]: 'bash' },
    { problems: [{ extension: 'dpkg', path: database, message: 'cut' }] },
  );
  assert.equal(squash([broken]).problems.length, 1);
  assert.equal(squash([broken, layer({ [database]: 'bash' })]).problems.length, 0);
  assert.equal(squash([broken, layer({}, { whiteouts: ['var'] })]).problems.length, 0);
  const hard: LayerNode = { path: 'usr/lib/os-release', kind: 'hard-link', target: database };
  const removed = layer({}, { whiteouts: [database] });
  assert.equal(squash([broken, layer({}, { nodes: [hard] }), removed]).problems.length, 1);
  const link: LayerNode = { path: release, kind: 'symbolic-link', target: 'x' };
  const odd = layer({}, { nodes: [link], problems: [{ extension: 'x', path: release, message: 'odd' }] });
  assert.equal(squash([odd]).problems.length, 1);
  assert.equal(squash([odd, layer({ [release]: 'a' })]).problems.length, 0);
  const oddity = layer({}, { problems: [{ extension: 'layer', path: 'opt/x…', message: 'too long' }] });
  assert.equal(squash([oddity, layer({})]).problems.length, 1);
});

test('many markers over many paths need one lookup per path', () => {
  const paths = Array.from({ length: 20_000 }, (_, i) => `d/${i}`);
  const lower = layer(Object.fromEntries(paths.map((path) => [path, ''])));
  assert.deepEqual(visible(lower, layer({}, { whiteouts: paths })), {});
});

test('reports a link to an unwanted place, and reads its target as the wanted place', () => {
  const links: LinkTarget[] = [
    { target: 'data/dpkg/status', aliasOf: database, by: 'path' },
    { target: 'data/dpkg/status.d/*', aliasOf: 'var/lib/dpkg/status.d/*', by: 'path' },
    { target: 'opt/release', aliasOf: release, by: 'path' },
  ];
  const node = (path: string, target: string): LayerNode => ({ path, kind: 'symbolic-link', target });
  const lower = layer({ 'opt/release': 'a' });
  const upper = layer({}, { nodes: [node('var/lib/dpkg', '/data/dpkg'), node(release, '../opt/release')] });
  const moved = layer(
    { 'data/dpkg/status': '' },
    {
      packages: [
        { path: 'data/dpkg/status', lister: 'dpkg', packages: [{ type: 'deb', name: 'bash', version: '1' }] },
      ],
    },
  );
  assert.deepEqual(
    squash([lower, upper]).unresolvedLinks.toSorted((a, b) => (a.target < b.target ? -1 : 1)),
    links,
  );
  const image = squash([lower, moved, upper], links);
  assert.deepEqual(image.unresolvedLinks, []);
  assert.equal(image.files.get(release)?.toString(), 'a');
  assert.deepEqual(
    image.packages.map(({ path, package: { name } }) => `${path} ${name}`),
    ['data/dpkg/status bash'],
  );
  assert.deepEqual(squash([lower, moved], links).packages.length, 1);
});

test('reports and follows links at and in a directory whose children are wanted', () => {
  const nested = { patterns: ['v/local/*/desc'] };
  const node = (path: string, target: string): LayerNode => ({ path, kind: 'symbolic-link', target });
  const lower = layer({}, { nodes: [node('v/local', '/data'), node('data/a-1', '/opt/a')] });
  const first: LinkTarget = { target: 'data/*/desc', aliasOf: 'v/local/*/desc', by: 'path' };
  const second: LinkTarget = { target: 'opt/a/desc', aliasOf: 'data/a-1/desc', by: 'path' };
  assert.deepEqual(squashPlaces([lower], { ...nested, links: [] }).unresolvedLinks, [first]);
  assert.deepEqual(squashPlaces([lower], { ...nested, links: [first] }).unresolvedLinks, [second]);
  const moved = layer({ 'opt/a/desc': 'a', 'data/b-1/desc': 'b' });
  const image = squashPlaces([lower, moved], { ...nested, links: [first, second] });
  assert.deepEqual(image.unresolvedLinks, []);
  assert.equal(image.files.get('v/local/a-1/desc')?.toString(), 'a');
  assert.equal(image.files.get('v/local/b-1/desc')?.toString(), 'b');
});

test('follows no link that fits no pattern or leads to a read place', () => {
  const node = (path: string, target: string): LayerNode => ({ path, kind: 'symbolic-link', target });
  const unread = (...nodes: readonly LayerNode[]): readonly LinkTarget[] =>
    squashPlaces([layer({}, { nodes })], {
      patterns: ['info/*.list', release, 'usr/lib/os-release'],
      links: [],
    }).unresolvedLinks;
  assert.deepEqual(unread(node('info/a', '/opt/a')), []);
  assert.deepEqual(unread(node(release, '../usr/lib/os-release')), []);
  assert.deepEqual(unread(node('info/b.list', '/opt/b'), node('info/a.list', '/opt/b')), [
    { target: 'opt/b', aliasOf: 'info/b.list', by: 'path' },
    { target: 'opt/b', aliasOf: 'info/a.list', by: 'path' },
  ]);
});

test('reports no more link targets than may be read', () => {
  const nodes = Array.from(
    { length: limits.linkedPlaces + 1 },
    (_, i): LayerNode => ({
      path: `d/${i}`,
      kind: 'symbolic-link',
      target: `/opt/${i}`,
    }),
  );
  assert.equal(squash([layer({}, { nodes })]).unresolvedLinks.length, limits.linkedPlaces);
});

test('stores a member where the links before it lead, and a hard link as its target at that moment', () => {
  const link = (path: string, target: string): LayerNode => ({ path, kind: 'symbolic-link', target });
  const file = (path: string): LayerNode => ({ path, kind: 'file' });
  const written = (...nodes: readonly LayerNode[]): Record<string, string> => {
    const contents = nodes.map(({ path }) => ({ path, content: Buffer.from(path) }));
    return visible({ ...emptyLayer, nodes, contents });
  };
  const directory = (path: string): LayerNode => ({ path, kind: 'directory' });
  const linked = [link('a', 'd'), link('d', 'opt'), directory('a/x'), directory('a/x')];
  assert.deepEqual(written(...linked, file('a/y')), { 'opt/y': 'a/y' });
  assert.deepEqual(written(...linked, directory('d'), file('a/y')), { 'd/y': 'a/y' });
  const below = [link('a', 'd'), directory('a/x'), directory('a/x')];
  assert.deepEqual(written(...below, link('d', 'opt'), file('a/y')), { 'opt/y': 'a/y' });
  const hard: LayerNode = { path: 'h', kind: 'hard-link', target: 'a/x' };
  assert.deepEqual(written(link('a', 'd'), file('d/x'), hard), { 'd/x': 'd/x', h: 'd/x' });
  // Another name of a symbolic link is a symbolic link, relative to its own path.
  const other: LayerNode = { path: 'b/l', kind: 'hard-link', target: 'a/l' };
  const both = written(file('a/x'), file('b/x'), link('a/l', 'x'), other);
  assert.deepEqual(both, { 'a/x': 'a/x', 'b/x': 'b/x', 'a/l': 'a/x', 'b/l': 'b/x' });
});

test('a hard link keeps its target when that is replaced or removed by a higher layer', () => {
  const lower = layer({ [release]: 'a' });
  const upper = layer(
    { [release]: 'b' },
    { nodes: [{ path: 'usr/lib/os-release', kind: 'hard-link', target: release }] },
  );
  const linkedFirst: LayerIndex = { ...upper, nodes: upper.nodes.toReversed() };
  assert.equal(visible(lower, linkedFirst)['usr/lib/os-release'], 'a');
  assert.equal(
    visible(lower, layer({}, { nodes: upper.nodes.slice(1) }), layer({}, { whiteouts: [release] }))[
      'usr/lib/os-release'
    ],
    'a',
  );
});

test('reports a hard link to an unwanted file, whose target alone is not a database', () => {
  const linked: LayerNode = { path: database, kind: 'hard-link', target: './opt/copy' };
  const copy = layer(
    { 'opt/copy': '' },
    {
      packages: [
        { path: 'opt/copy', lister: 'dpkg', packages: [{ type: 'deb', name: 'bash', version: '1' }] },
      ],
    },
  );
  const link: LinkTarget = { target: 'opt/copy', aliasOf: database, by: 'content' };
  assert.deepEqual(squash([layer({}, { nodes: [linked] })]).unresolvedLinks, [link]);
  const image = squash(
    [layer({}), copy, layer({}, { nodes: [linked] }), layer({}, { whiteouts: ['opt/copy'] })],
    [link],
  );
  assert.deepEqual(
    image.packages.map(({ path, package: { name } }) => `${path} ${name}`),
    [`${database} bash`],
  );
  assert.deepEqual(squash([copy], [link]).packages, []);
});

test('a package that two files list is one package', () => {
  const both = layer({ [database]: 'bash', 'var/lib/dpkg/status.d/bash': '' }, {});
  const twice = {
    ...both,
    packages: [
      ...both.packages,
      {
        path: 'var/lib/dpkg/status.d/bash',
        lister: 'dpkg',
        packages: [{ type: 'deb', name: 'bash', version: '1' }],
      },
    ],
  };
  assert.deepEqual(
    squash([twice]).packages.map(({ path }) => path),
    [database],
  );
});

test('keeps the package of the lower layer, then the one of the first path', () => {
  const at = (...paths: readonly string[]): LayerIndex => ({
    ...layer(Object.fromEntries(paths.map((path) => [path, '']))),
    packages: paths.map((path) => ({
      path,
      lister: 'dpkg',
      packages: [{ type: 'deb', name: 'bash', version: '1' }],
    })),
  });
  const placesOf = (...layers: LayerIndex[]): string[] =>
    squash(layers).packages.map(({ path, layer }) => `${path} ${layer}`);
  assert.deepEqual(placesOf(at('d/b'), at('d/a')), ['d/b 0']);
  assert.deepEqual(placesOf(at('d/b', 'd/a')), ['d/a 0']);
  assert.deepEqual(placesOf(at('d/a', 'd/b')), ['d/a 0']);
});

test('builds of a package for two architectures are two packages', () => {
  const names = (arch: string | undefined) => ({
    type: 'deb',
    name: 'libc6',
    version: '1',
    ...(arch && { arch }),
  });
  const of = (...archs: readonly (string | undefined)[]): LayerIndex => ({
    ...layer({ [database]: '' }),
    packages: [{ path: database, lister: 'dpkg', packages: archs.map(names) }],
  });
  const image = squash([of('amd64'), of('amd64', 'i386', undefined)]);
  assert.deepEqual(
    image.packages.map((item) => `${item.package.arch} ${item.layer}`),
    ['amd64 0', 'i386 1', 'undefined 1'],
  );
});

test('refuses an image with more packages than the limit and names the limit', () => {
  const many = Array.from({ length: limits.imagePackages }, (_, i) => `p${i}`).join(' ');
  assert.equal(squash([layer({ [database]: many })]).packages.length, limits.imagePackages);
  assert.throws(() => squash([layer({ [database]: `${many} one-more` })]), {
    code: 'limit-exceeded',
    message: /more than 40000 packages/,
  });
});

test('files of a package are owned at the targets of links', () => {
  const owned = { path: database, lister: 'dpkg', owner: 'six', files: ['lib/six', 'loop/six'] };
  const nodes: LayerNode[] = [
    { path: 'lib', kind: 'symbolic-link', target: 'usr/lib' },
    { path: 'loop', kind: 'symbolic-link', target: 'loop' },
  ];
  const evidence = { ...noEvidence, found: [{ kind: 'generic' as const, paths: ['usr/lib/six'] }] };
  const { owners } = squash([layer({ [database]: 'six' }, { owned: [owned], nodes, evidence })]);
  assert.deepEqual([...owners.keys()], ['usr/lib/six', 'loop/six']);
});

test('owners come from the visible databases', () => {
  const owned = {
    path: database,
    lister: 'dpkg',
    owner: 'python3-six',
    files: ['usr/lib/python3/six.egg-info'],
  };
  const evidence = { ...noEvidence, found: [{ kind: 'pypi' as const, paths: owned.files }] };
  const lower = layer({ [database]: 'python3-six' }, { owned: [owned], evidence });
  const owner = { name: 'python3-six', lister: 'dpkg' };
  assert.deepEqual([...squash([lower]).owners], [['usr/lib/python3/six.egg-info', owner]]);
  assert.deepEqual([...squash([lower, layer({ [database]: 'bash' })]).owners], []);
});

test('a package has the repositories of its layer, else of the nearest below, else above', () => {
  const repositories = (name: string): Partial<LayerIndex> => ({
    repositories: [{ path: 'x', names: [name] }],
  });
  const layers = [
    layer({ [database]: 'a' }),
    layer({ [database]: 'a b' }, repositories('one')),
    layer({ [database]: 'a b c' }),
    layer({ [database]: 'a b c d' }, repositories('two')),
  ];
  assert.deepEqual(
    squash(layers).packages.map(({ package: { name }, repositories: names }) => `${name} ${names.join()}`),
    ['a one', 'b one', 'c one', 'd two'],
  );
});
