import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LayerEvidence, noEvidence } from '../model/evidence/layer-evidence.ts';
import type { Diversion, LayerIndex } from '../model/layer-index.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import type { ImageEvidence } from './evidence.ts';
import { squash } from './squash.ts';

const database = 'lib/db';

function layer(evidence: Partial<LayerEvidence>, marks: Partial<LayerIndex> = {}): LayerIndex {
  return { ...emptyLayer, ...marks, evidence: { ...noEvidence, ...evidence } };
}

/** A layer whose database declares that a package owns these files. */
function owning(
  owner: string,
  files: readonly string[],
  marks: Partial<LayerIndex> = {},
): Partial<LayerIndex> {
  return {
    nodes: [{ path: database, kind: 'file' }],
    owned: [{ path: database, lister: 'dpkg', owner, files }],
    ...marks,
  };
}

function evidenceOf(...layers: readonly LayerIndex[]): ImageEvidence {
  return squash(layers, { patterns: [database], links: [] }).evidence;
}

/** `kind path`, and the owner if there is one. */
function found(...layers: readonly LayerIndex[]): string[] {
  return evidenceOf(...layers).found.map(({ kind, path, owner }) =>
    [kind, path, ...(owner === undefined ? [] : [`of ${owner.name}`])].join(' '),
  );
}

const lodash = 'app/node_modules/lodash/package.json';
const npm = (...paths: readonly string[]): Partial<LayerEvidence> => ({ found: [{ kind: 'npm', paths }] });
const generic = (...paths: readonly string[]): Partial<LayerEvidence> => ({
  found: [{ kind: 'generic', paths }],
});

test('evidence that a higher layer removes does not count', () => {
  assert.deepEqual(found(layer(npm(lodash))), [`npm ${lodash}`]);
  for (const removal of [
    { whiteouts: ['app/node_modules'] },
    { whiteouts: [lodash] },
    { opaques: ['app'] },
    { opaques: ['app/node_modules/lodash'] },
  ])
    assert.deepEqual(found(layer(npm(lodash)), layer(removal)), [], JSON.stringify(removal));
  assert.deepEqual(found(layer(npm(lodash)), layer({ whiteouts: ['app/node_modules/express'] })), [
    `npm ${lodash}`,
  ]);
});

test('a directory that a higher layer empties and fills again has only the new content', () => {
  const upper = layer({ ...npm('app/node_modules/b/package.json'), opaques: ['app/node_modules'] });
  assert.deepEqual(found(layer(npm(lodash)), upper), ['npm app/node_modules/b/package.json']);
});

test('markers for the wanted paths and links in place of a directory remove evidence too', () => {
  assert.deepEqual(
    found(layer(npm('lib/node_modules/a/package.json')), layer({}, { whiteouts: ['lib'] })),
    [],
  );
  const link = layer({}, { nodes: [{ path: 'lib', kind: 'symbolic-link', target: 'usr/lib' }] });
  assert.deepEqual(found(layer(npm('lib/node_modules/a/package.json')), link), []);
});

test('a file that a package owns has its owner, whatever layer has the database', () => {
  const path = 'usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA';
  const mark: Partial<LayerEvidence> = { found: [{ kind: 'pypi', paths: [path] }] };
  const expected = [`pypi ${path} of python3-six`];
  assert.deepEqual(found(layer(mark, owning('python3-six', [path]))), expected);
  assert.deepEqual(found(layer(mark), layer({}, owning('python3-six', [path]))), expected);
  const removed = layer({}, { nodes: [{ path: database, kind: 'file' }] });
  assert.deepEqual(found(layer(mark, owning('python3-six', [path])), removed), [`pypi ${path}`]);
});

test("dpkg: a script that is a program, such as that of bash, is owned when its package's list is beside it", () => {
  const list = 'lib/bash.list';
  const owned = [{ path: list, lister: 'dpkg', owner: 'bash', files: ['bin/bash'] }];
  const nodes = [{ path: list, kind: 'file' }] as const;
  const foundWith = (...more: readonly LayerIndex[]): string[] =>
    squash([layer(generic('lib/bash.preinst', 'lib/dash.preinst')), ...more], {
      patterns: [list],
      links: [],
    }).evidence.found.map(({ path, owner }) => `${path} of ${owner?.name}`);
  assert.deepEqual(foundWith(layer({}, { nodes, owned })), [
    'lib/bash.preinst of bash',
    'lib/dash.preinst of undefined',
  ]);
  assert.deepEqual(foundWith(), ['lib/bash.preinst of undefined', 'lib/dash.preinst of undefined']);
  const apk = owned.map((files) => ({ ...files, lister: 'apk' }));
  assert.deepEqual(foundWith(layer({}, { nodes, owned: apk })), foundWith());
});

test('a file is owned by either of its paths when /usr is merged, else by its own only', () => {
  const merged = [{ path: 'bin', kind: 'symbolic-link', target: 'usr/bin' } as const];
  const nodes = [...merged, { path: database, kind: 'file' } as const];
  assert.deepEqual(found(layer(generic('usr/bin/tool'), owning('tool', ['bin/tool'], { nodes }))), [
    'generic usr/bin/tool of tool',
  ]);
  assert.deepEqual(found(layer(generic('bin/tool'), owning('tool', ['usr/bin/tool'], { nodes }))), [
    'generic usr/bin/tool of tool',
  ]);
  assert.deepEqual(found(layer(generic('usr/bin/tool'), owning('tool', ['bin/tool']))), [
    'generic usr/bin/tool',
  ]);
});

test('dpkg: a diverted file is owned at its new path, and the file in its place by the diverting package', () => {
  const programs = generic('sbin/init', 'sbin/init.real');
  const diversion = (by: string): Partial<LayerIndex> => {
    const entry: Diversion = { from: 'sbin/init', to: 'sbin/init.real', by };
    return owning('sysvinit', ['sbin/init'], { diversions: [{ path: database, diversions: [entry] }] });
  };
  const real = 'generic sbin/init.real of sysvinit';
  assert.deepEqual(found(layer(programs, diversion(':'))), ['generic sbin/init', real]);
  const mine = { path: database, lister: 'dpkg', owner: 'mine', files: ['sbin/init'] };
  const both = diversion('mine');
  assert.deepEqual(found(layer(programs, { ...both, owned: [...(both.owned ?? []), mine] })), [
    'generic sbin/init of mine',
    real,
  ]);
});

test('hard links are one file, which stays when one of its names is removed', () => {
  const link = (path: string, target: string) => ({ by: 'hard-link', path, target }) as const;
  const lower = layer({
    ...generic('bin/busybox'),
    links: [link('bin/sh', 'bin/busybox'), link('opt/x', 'opt/text')],
  });
  assert.deepEqual(found(lower), ['generic bin/busybox']);
  assert.deepEqual(found(lower, layer({ whiteouts: ['bin/busybox'] })), ['generic bin/sh']);
  assert.deepEqual(found(lower, layer({ whiteouts: ['bin/busybox'], links: [link('x', 'bin/sh')] })), [
    'generic bin/sh',
  ]);
  assert.deepEqual(
    found(
      layer(generic('a')),
      layer({ links: [link('b', 'a')], whiteouts: [] }),
      layer({ whiteouts: ['a'] }),
    ),
    ['generic b'],
  );
});

test('counts a program when a layer links to it and removes its first name', () => {
  const upper = layer({
    links: [{ by: 'hard-link', path: 'opt/x', target: 'opt/run' }],
    whiteouts: ['opt/run'],
  });
  assert.deepEqual(found(layer(generic('opt/run')), upper), ['generic opt/x']);
});

test('a symbolic link does not hide a package, and is not evidence when it leads to one that counts', () => {
  const link = (path: string, target: string) =>
    ({ by: 'symbolic-link', kind: 'npm', path, target }) as const;
  const hidden = layer({ links: [link(lodash, '/opt/blob'), link('app/node_modules/a', '../store/a')] });
  assert.deepEqual(found(hidden), ['npm app/node_modules/a', `npm ${lodash}`]);
  const real = 'app/node_modules/.pnpm/a@1/node_modules/a/package.json';
  const pnpm = layer({ ...npm(real), links: [link('app/node_modules/a', '.pnpm/a@1/node_modules/a')] });
  assert.deepEqual(found(pnpm), [`npm ${real}`]);
});

test('.NET assemblies count when no list of their application is above them', () => {
  const nuget = (...paths: readonly string[]): Partial<LayerEvidence> => ({
    found: [{ kind: 'nuget', paths }],
  });
  assert.deepEqual(
    found(layer(nuget('app/web.deps.json', 'app/a.dll', 'app/de/a.resources.dll', 'opt/b.dll'))),
    ['nuget app/web.deps.json', 'nuget opt/b.dll'],
  );
});

test('names kinds of which a layer has more than were kept, whatever is removed above', () => {
  const { found: kept, cut } = evidenceOf(
    layer({ ...npm(lodash), cut: ['npm'] }),
    layer({ whiteouts: ['app'] }),
  );
  assert.deepEqual([kept, cut], [[], ['npm']]);
});
