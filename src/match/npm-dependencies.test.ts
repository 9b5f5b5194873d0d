import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerIndex } from '../model/layer-index.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import { npmDependenciesOf, npmLinks } from './npm-dependencies.ts';

/** Requirements by the path of the directory of a package. Undefined if they are unknown. */
type Tree = Readonly<Record<string, readonly string[] | undefined>>;

/** Links by path. */
type Links = Readonly<Record<string, string>>;

function layerOf(links: Links, marks: Partial<LayerIndex> = {}): LayerIndex {
  const all = Object.entries(links).map(
    ([path, target]) => ({ by: 'symbolic-link', kind: 'npm', path, target }) as const,
  );
  return { ...emptyLayer, ...marks, evidence: { ...emptyLayer.evidence, links: all } };
}

/** Returns the directories that each directory requires, as Node.js resolves names. */
function edges(tree: Tree, ...layers: readonly LayerIndex[]): Record<string, string[] | undefined> {
  const directories = Object.keys(tree);
  const packages = Object.entries(tree).map(([directory, requires]) => {
    const found = { type: 'npm', name: directory, version: '1.0.0', ...(requires && { requires }) };
    return { package: found, locations: [{ path: `${directory}/package.json`, layer: 0, package: found }] };
  });
  const dependencies = npmDependenciesOf(packages, npmLinks(layers));
  return Object.fromEntries(
    directories.map((directory, i) => [directory, dependencies[i]?.map((at) => directories[at] ?? '')]),
  );
}

test('resolves a name in the nearest node_modules, and no name below another package', () => {
  assert.deepEqual(
    edges({
      'app/node_modules/a': ['b', 'c', '@s/d', 'missing'],
      'app/node_modules/a/node_modules/b': ['c'],
      'app/node_modules/node_modules/missing': [],
      'app/node_modules/b': [],
      'app/node_modules/c': ['b', 'c'],
      'app/node_modules/@s/d': ['a', 'e'],
      'node_modules/e': ['c'],
      'srv/node_modules/c': undefined,
    }),
    {
      'app/node_modules/a': [
        'app/node_modules/a/node_modules/b',
        'app/node_modules/c',
        'app/node_modules/@s/d',
      ],
      'app/node_modules/a/node_modules/b': ['app/node_modules/c'],
      'app/node_modules/node_modules/missing': [],
      'app/node_modules/b': [],
      'app/node_modules/c': ['app/node_modules/b'],
      'app/node_modules/@s/d': ['app/node_modules/a', 'node_modules/e'],
      'node_modules/e': undefined,
      'srv/node_modules/c': undefined,
    },
  );
});

const store = 'app/node_modules/.pnpm';
const ofPnpm: Tree = {
  [`${store}/a@1.0.0/node_modules/a`]: ['b', 'hoisted'],
  [`${store}/b@1.0.0/node_modules/b`]: ['a'],
  [`${store}/b@2.0.0/node_modules/b`]: [],
  [`${store}/hoisted@1.0.0/node_modules/hoisted`]: [],
};
const linksOfPnpm: Links = {
  'app/node_modules/a': '.pnpm/a@1.0.0/node_modules/a',
  'app/node_modules/b': '.pnpm/b@1.0.0/node_modules/b',
  [`${store}/node_modules/hoisted`]: '../hoisted@1.0.0/node_modules/hoisted',
  [`${store}/a@1.0.0/node_modules/b`]: '../../b@2.0.0/node_modules/b',
};

test('follows the links of pnpm, also those to packages for all', () => {
  assert.deepEqual(edges(ofPnpm, layerOf(linksOfPnpm)), {
    [`${store}/a@1.0.0/node_modules/a`]: [
      `${store}/b@2.0.0/node_modules/b`,
      `${store}/hoisted@1.0.0/node_modules/hoisted`,
    ],
    [`${store}/b@1.0.0/node_modules/b`]: [`${store}/a@1.0.0/node_modules/a`],
    [`${store}/b@2.0.0/node_modules/b`]: [],
    [`${store}/hoisted@1.0.0/node_modules/hoisted`]: [],
  });
});

test('ignores links that a later layer removes, and links that lead in circles', () => {
  const removal = { ...emptyLayer.evidence, whiteouts: [`${store}/a@1.0.0/node_modules/b`] };
  const found = edges(ofPnpm, layerOf(linksOfPnpm), { ...emptyLayer, evidence: removal });
  assert.deepEqual(found[`${store}/a@1.0.0/node_modules/a`], [
    `${store}/b@1.0.0/node_modules/b`,
    `${store}/hoisted@1.0.0/node_modules/hoisted`,
  ]);
  const circle = { 'x/node_modules/a': 'b', 'x/node_modules/b': 'a' };
  assert.deepEqual(edges({ 'x/node_modules/c': ['a'] }, layerOf(circle)), { 'x/node_modules/c': undefined });
});

test('leaves packages of other types and those in archives alone', () => {
  const inArchive = { type: 'npm', name: 'a', version: '1', requires: ['b'], archivePath: 'node_modules/a' };
  assert.deepEqual(
    npmDependenciesOf(
      [
        { package: { type: 'deb' } },
        { package: inArchive, locations: [{ path: 'a.zip', layer: 0, package: inArchive }] },
      ],
      new Map(),
    ),
    [undefined, undefined],
  );
});
