import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerIndex, LayerPackageFiles } from '../model/layer-index.ts';
import type { ListedPackage } from '../model/package.ts';
import { emptyLayer } from '../testing/empty-layer.ts';
import { withoutExcluded } from './exclude.ts';
import { type SquashedImage, squash } from './squash.ts';

const path = 'app/node_modules/ms/package.json';
const noFiles: LayerPackageFiles = { packages: [], problems: [], withoutPackage: [], others: [] };
const ms = (version: string): ListedPackage => ({ type: 'npm', name: 'ms', version, evidence: 'installed' });

function layerWith(files: Partial<LayerPackageFiles>, marks: Partial<LayerIndex> = {}): LayerIndex {
  return { ...emptyLayer, ...marks, packageFiles: { ...noFiles, ...files } };
}

const listing = (at: string, ...packages: ListedPackage[]): Partial<LayerPackageFiles> => ({
  packages: [{ path: at, lister: 'npm', packages }],
});

function squashed(...layers: readonly LayerIndex[]): SquashedImage {
  return squash(layers, { patterns: [], links: [] });
}

const versionsOf = ({ packages }: SquashedImage): string[] => packages.map((item) => item.package.version);

test('lists the newer package when a later layer replaces its file', () => {
  const image = squashed(layerWith(listing(path, ms('1.0.0'))), layerWith(listing(path, ms('2.0.0'))));
  assert.deepEqual(
    image.packages.map((item) => [item.package.version, item.layer]),
    [['2.0.0', 1]],
  );
});

test('drops the package when a later layer removes or replaces its file, or a directory above it', () => {
  const { evidence } = emptyLayer;
  const removals: readonly Partial<LayerIndex>[] = [
    { whiteouts: ['app'] },
    { opaques: ['app'] },
    { evidence: { ...evidence, whiteouts: ['app/node_modules/ms'] } },
    { evidence: { ...evidence, opaques: ['app/node_modules'] } },
    { nodes: [{ path: 'app', kind: 'symbolic-link', target: 'srv' }] },
    {
      evidence: {
        ...evidence,
        links: [{ by: 'symbolic-link', kind: 'npm', path: 'app/node_modules', target: '/cache' }],
      },
    },
    { packageFiles: { ...noFiles, others: [path] } },
  ];
  for (const marks of removals) {
    const image = squashed(layerWith(listing(path, ms('1.0.0'))), { ...emptyLayer, ...marks });
    assert.deepEqual(versionsOf(image), [], JSON.stringify(marks));
  }
  const others: readonly Partial<LayerIndex>[] = [
    { whiteouts: ['ap'] },
    { packageFiles: { ...noFiles, others: ['app/node_modules/other/package.json'] } },
  ];
  for (const marks of others) {
    const image = squashed(layerWith(listing(path, ms('1.0.0'))), { ...emptyLayer, ...marks });
    assert.deepEqual(versionsOf(image), ['1.0.0'], JSON.stringify(marks));
  }
});

test('takes the list of pip as the weakest location, as its packages never count', () => {
  const requests: ListedPackage = { type: 'pypi', name: 'requests', version: '2.26.0' };
  const list = 'lib/site-packages/pip/_vendor/vendor.txt';
  const wheel = 'wheels/requests-2.26.0.whl';
  const image = squashed(
    layerWith(listing(list, { ...requests, evidence: 'vendored' })),
    layerWith(listing(wheel, { ...requests, evidence: 'dormant' })),
  );
  assert.deepEqual(
    image.packages.map((found) => [found.path, found.package.evidence]),
    [[wheel, 'dormant']],
  );
});

test('keeps one package with its locations, and the strongest evidence first', () => {
  const vendored: ListedPackage = {
    ...ms('1.0.0'),
    evidence: 'vendored',
    parent: { name: 'npm', version: '9' },
  };
  const bundled = 'a/node_modules/npm/node_modules/ms/package.json';
  const image = squashed(layerWith(listing(bundled, vendored)), layerWith(listing(path, ms('1.0.0'))));
  const [found] = image.packages;
  assert.equal(image.packages.length, 1);
  assert.deepEqual([found?.path, found?.layer, found?.package.evidence], [path, 1, 'installed']);
  assert.deepEqual(
    found?.locations?.map((place) => [place.path, place.package.evidence]),
    [
      [bundled, 'vendored'],
      [path, 'installed'],
    ],
  );
  const { squashed: rest } = withoutExcluded(image, ['app']);
  assert.deepEqual(
    rest.packages.map((item) => [item.path, item.package.evidence, item.locations?.length]),
    [[bundled, 'vendored', 1]],
  );
});

test('drops the problem of a file when a later layer removes it', () => {
  const broken = layerWith({
    problems: [{ extension: 'npm', path, message: 'is not JSON' }],
    others: [path],
  });
  assert.equal(squashed(broken).problems.length, 1);
  assert.deepEqual(squashed(broken, { ...emptyLayer, whiteouts: ['app'] }).problems, []);
});

test('counts a file as unread unless it lists a package or has none', () => {
  const evidence = { ...emptyLayer.evidence, found: [{ kind: 'npm' as const, paths: [path] }] };
  const count = (files: Partial<LayerPackageFiles>): number =>
    squashed(layerWith(files, { evidence })).evidence.found.length;
  assert.equal(count({ others: [path] }), 1);
  assert.equal(count(listing(path, ms('1.0.0'))), 0);
  assert.equal(count({ withoutPackage: [path], others: [path] }), 0);
});

test('marks a package as stale when its code is in no layer, or a later layer removes all of it', () => {
  const site = 'usr/lib/python3/site-packages';
  const yaml: ListedPackage = {
    type: 'pypi',
    name: 'pyyaml',
    version: '6.0',
    evidence: 'installed',
    codePaths: [`${site}/yaml`, `${site}/_yaml`],
  };
  const at = `${site}/pyyaml-6.0.dist-info/METADATA`;
  const metadata = listing(at, yaml);
  const code = (...names: string[]): Partial<LayerIndex> => ({ code: [{ directory: site, names }] });
  const removal = (...whiteouts: string[]): LayerIndex => ({ ...emptyLayer, whiteouts });
  const evidenceOf = (...layers: readonly LayerIndex[]): unknown =>
    squashed(...layers).packages.map((item) => item.package.evidence);
  const whole = layerWith(metadata, code('yaml', '_yaml'));
  assert.deepEqual(evidenceOf(whole), ['installed']);
  assert.deepEqual(evidenceOf(layerWith(metadata, code('other'))), ['stale']);
  assert.deepEqual(evidenceOf(layerWith({}, code('yaml')), layerWith(metadata)), ['installed']);
  assert.deepEqual(evidenceOf(whole, removal(`${site}/yaml`)), ['installed']);
  assert.deepEqual(evidenceOf(whole, removal(`${site}/yaml`, `${site}/_yaml`)), ['stale']);
  assert.deepEqual(evidenceOf(layerWith(metadata), { ...emptyLayer, code: 'unknown' }), ['installed']);
});

test('names the npm package or the Python distribution whose directory contains a package of another type', () => {
  const found: ListedPackage = { type: 'nuget', name: 'A', version: '1.0.0', evidence: 'installed' };
  const inside = [
    'srv/node_modules/@s/tool/bin/a.deps.json',
    'usr/lib/python3.11/site-packages/Dot_Net/bin/a.deps.json',
    'usr/lib/python3.11/site-packages/other/a.deps.json',
    'opt/a.deps.json',
  ];
  const image = squashed(
    layerWith({
      packages: [
        ...inside.map((at, i) => ({
          path: at,
          lister: 'nuget',
          packages: [{ ...found, version: `${i}` }],
        })),
        {
          path: 'srv/node_modules/@s/tool/package.json',
          lister: 'npm',
          packages: [{ type: 'npm', name: '@s/tool', version: '3.0.0' }],
        },
      ],
    }),
    layerWith({
      packages: [
        {
          path: 'usr/lib/python3.11/site-packages/dot_net-2.0.dist-info/METADATA',
          lister: 'pypi',
          packages: [{ type: 'pypi', name: 'dot.net', version: '2.0' }],
        },
      ],
    }),
  );
  const parents = image.packages.flatMap((item) =>
    item.lister === 'nuget' ? [[item.path, item.package.parent]] : [],
  );
  assert.deepEqual(Object.fromEntries(parents), {
    [inside[0] ?? '']: { name: '@s/tool', version: '3.0.0' },
    [inside[1] ?? '']: { name: 'dot.net', version: '2.0' },
    [inside[2] ?? '']: undefined,
    [inside[3] ?? '']: undefined,
  });
});

/** A layer with a Go program of one package. */
function programLayer(at: string, version: string, links: LayerIndex['evidence']['links'] = []): LayerIndex {
  const found = [{ kind: 'golang' as const, paths: [at] }];
  const stdlib: ListedPackage = { type: 'golang', name: 'stdlib', version, evidence: 'build-info' };
  return layerWith(
    { packages: [{ path: at, lister: 'golang', packages: [stdlib] }] },
    { evidence: { ...emptyLayer.evidence, found, links } },
  );
}

test('lists a program at each of its hard links, also when a later layer removes the first name', () => {
  const link = { by: 'hard-link', path: 'opt/b', target: 'usr/bin/a' } as const;
  const below = programLayer('usr/bin/a', '1.22.1');
  const linking: LayerIndex = { ...emptyLayer, evidence: { ...emptyLayer.evidence, links: [link] } };
  const locationsOf = ({ packages }: SquashedImage): unknown[] =>
    packages.map((item) => item.locations?.map((place) => [place.path, place.layer]));
  const first = ['usr/bin/a', 0];
  assert.deepEqual(locationsOf(squashed(programLayer('usr/bin/a', '1.22.1', [link]))), [
    [['opt/b', 0], first],
  ]);
  assert.deepEqual(locationsOf(squashed(below, linking)), [[['opt/b', 0], first]]);
  assert.deepEqual(locationsOf(squashed(below, { ...linking, whiteouts: ['usr/bin/a'] })), [[['opt/b', 0]]]);
});

test('drops the packages of a program when a later layer has another program at its path', () => {
  const below = programLayer('usr/bin/a', '1.22.1');
  assert.deepEqual(versionsOf(squashed(below, programLayer('usr/bin/a', '1.23.4'))), ['1.23.4']);
  const found = [{ kind: 'generic' as const, paths: ['usr/bin/a'] }];
  const other: LayerIndex = { ...emptyLayer, evidence: { ...emptyLayer.evidence, found } };
  const image = squashed(below, other);
  assert.deepEqual(versionsOf(image), []);
  assert.deepEqual(
    image.evidence.found.map((item) => item.kind),
    ['generic'],
  );
});

test('counts a program as unread if only its texts name packages', () => {
  const evidence = {
    ...emptyLayer.evidence,
    found: [{ kind: 'cargo' as const, paths: ['usr/bin/choose'] }],
  };
  const clap = (
    level: 'build-info' | 'binary-string',
    proof: Pick<ListedPackage, 'proof'> = {},
  ): Partial<LayerPackageFiles> => ({
    packages: [
      {
        path: 'usr/bin/choose',
        lister: 'cargo',
        packages: [{ type: 'cargo', name: 'clap', version: '2.33.1', evidence: level, ...proof }],
      },
    ],
  });
  const count = (files: Partial<LayerPackageFiles>): number =>
    squashed(layerWith(files, { evidence })).evidence.found.length;
  assert.equal(count(clap('binary-string')), 1);
  assert.equal(count(clap('build-info')), 0);
  assert.equal(
    count(clap('binary-string', { proof: 'clap 2.33.1' })),
    0,
    'the version of the program itself',
  );
});

test('keeps the origin of a package only if it is from no registry at any location', () => {
  const crate = (origin?: 'git' | 'local'): ListedPackage => ({
    type: 'cargo',
    name: 'a',
    version: '1.0.0',
    evidence: 'build-info',
    ...(origin !== undefined && { origin }),
  });
  const originOf = (...crates: readonly ListedPackage[]): unknown =>
    squashed(
      layerWith({
        packages: crates.map((one, i) => ({ path: `bin/${i}`, lister: 'cargo', packages: [one] })),
      }),
    ).packages.map((item) => item.package.origin);
  assert.deepEqual(originOf(crate('git'), crate('local')), ['git']);
  assert.deepEqual(originOf(crate('git'), crate()), [undefined]);
  assert.deepEqual(originOf(crate(), crate('git')), [undefined]);
});
