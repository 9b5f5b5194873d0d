import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import type { Distro } from '../../model/distro.ts';
import type { Package } from '../../model/package.ts';
import type { PackageLister } from '../../plugin/package-lister.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import { gem } from '../../version/gem.ts';
import { npm } from '../../version/npm.ts';
import { semver } from '../../version/semver.ts';
import { wantedPatterns } from './analyze-layers.ts';
import {
  claimedNamespacesOf,
  isLeftToOwner,
  isOfDistribution,
  namespacesOf,
  PackageLookups,
  withoutLookup,
} from './package-lookup.ts';

const lister = (name: string, more: Partial<PackageLister>): PackageLister => ({
  name,
  version: 1,
  wants: ['etc/acme'],
  list: () => [],
  ...more,
});
const extensions = {
  ...builtIn,
  listers: [
    ...builtIn.listers,
    lister('own-order', { versionScheme: 'semver' }),
    lister('own-place', { ecosystem: { name: 'acme', versionScheme: 'semver' }, versionScheme: 'rpm' }),
  ],
};
function withLookup(
  item: Package,
  distro: Distro | null,
  used: ConstructorParameters<typeof PackageLookups>[1],
): ImagePackage {
  return { ...item, lookup: new PackageLookups(distro, used).find(item) };
}

const acme: Distro = { id: 'acme', versionId: '7', like: [] };
const found = (foundBy: string, type = 'acme'): Package => ({
  type,
  name: 'rocket',
  version: '1.9.0',
  purl: '',
  foundBy,
  location: { path: 'etc/acme', layer: null },
});

test('uses the version scheme of the lister when the package type is unknown', () => {
  const { lookup } = withLookup(found('own-order'), acme, extensions);
  assert.deepEqual(lookup?.namespace, { name: 'acme:7', versionScheme: 'semver' });
  assert.deepEqual(lookup.key, semver.key('1.9.0'));
  assert.equal(withLookup(found('rpm'), acme, extensions).lookup, null);
  assert.equal(withLookup(found('own-order'), null, extensions).lookup, null);
  const all = ['own-order', 'own-place', 'rpm'].map((name) => withLookup(found(name), acme, extensions));
  assert.deepEqual(
    namespacesOf(acme, all, extensions).map(({ name }) => name),
    ['acme', 'acme:7'],
  );
});

test('shares keys and namespaces between packages, and only within one version scheme', () => {
  const lookups = new PackageLookups(acme, extensions);
  const lookupOf = (type: string, version: string): ImagePackage['lookup'] =>
    lookups.find({ ...found(type, type), version });
  const [first, again, other] = [
    lookupOf('npm', '1.9.0'),
    lookupOf('npm', '1.9.0'),
    lookupOf('gem', '1.9.0'),
  ];
  assert.equal(first?.key, again?.key);
  assert.equal(first?.namespace, again?.namespace);
  assert.deepEqual(other?.key, gem.key('1.9.0'));
  assert.notDeepEqual(first?.key, other.key);
  // More versions than are remembered.
  for (let i = 0; i < 1500; i++) assert.deepEqual(lookupOf('npm', `${i}.0.0`)?.key, npm.key(`${i}.0.0`));
});

test('assigns a package to the distribution when neither lister nor type has an ecosystem', () => {
  const cases: readonly (readonly [Package, boolean])[] = [
    [found('own-order'), true],
    [found('own-place'), false],
    [found('dpkg', 'deb'), true],
    [found('sbom', 'deb'), true],
    [found('sbom', 'npm'), false],
  ];
  for (const [item, expected] of cases)
    assert.equal(isOfDistribution(item, extensions), expected, `${item.foundBy} ${item.type}`);
});

test('needs no advisories of an ecosystem when the distribution owns its packages', () => {
  const owned = withoutLookup({ ...found('cran', 'cran'), evidence: 'installed', owner: 'r-cran-rocket' });
  assert.ok(isLeftToOwner(owned));
  assert.deepEqual(namespacesOf(acme, [owned], extensions), []);
});

test('rejects a pattern that can match nothing', () => {
  for (const wrong of ['a/*/b/c', 'a/*/*', '*', 'a/b*', '/a', 'a/../b', ''])
    assert.throws(
      () => wantedPatterns({ ...builtIn, listers: [lister('acme', { wants: ['etc/acme', wrong] })] }),
      { message: `acme wants "${wrong}", which is not a valid path pattern` },
    );
});

test('looks a package up by the advisories of the supplier that patched it, and not by the upstream ones', () => {
  const lookupOf = (type: string, name: string, version: string): readonly string[] => {
    const { lookup } = withLookup({ ...found(type, type), name, version }, null, builtIn);
    return [lookup?.namespace.name ?? '', lookup?.name ?? ''];
  };
  assert.deepEqual(lookupOf('npm', '@rootio/babel__core', '7.20.0-root.io.1'), ['root:npm', '@babel/core']);
  assert.deepEqual(lookupOf('npm', '@babel/core', '7.20.0-root.io.1'), ['root:npm', '@babel/core']);
  assert.deepEqual(lookupOf('pypi', 'rootio_Flask', '2.0.1+root.io.3'), ['root:pypi', 'flask']);
  assert.deepEqual(lookupOf('maven', 'seal.sp1.org.yaml:snakeyaml', '1.26+sp1'), [
    'seal:maven',
    'org.yaml:snakeyaml',
  ]);
  assert.deepEqual(lookupOf('pypi', 'flask', '2.0.1+sp1p2'), ['seal:pypi', 'flask']);
  // Packages without a supplier may have versions of this form.
  assert.deepEqual(lookupOf('npm', 'left-pad', '1.2.3-sp1'), ['npm', 'left-pad']);
  assert.deepEqual(lookupOf('pypi', 'torch', '2.1.0+cu118'), ['pypi', 'torch']);
  const all = [found('npm', 'npm'), { ...found('npm', 'npm'), version: '1.0.0-root.io.1' }].map((item) =>
    withLookup(item, null, builtIn),
  );
  assert.deepEqual(
    namespacesOf(null, all, builtIn).map(({ name }) => name),
    ['npm', 'root:npm'],
  );
});

test('names the namespaces that only claims need', () => {
  const claimed = { evidence: 'claimed-sbom' } as const;
  const found = (namespace: string, more: object = {}): ImagePackage =>
    ({ ...more, lookup: { namespace: { name: namespace, versionScheme: 'rpm' } } }) as ImagePackage;
  const packages = [
    ...[found('rhel:7', claimed), found('cargo', claimed), found('almalinux:8', claimed)],
    ...[found('cargo'), withoutLookup({ ...found('pypi'), ...claimed })],
  ];
  assert.deepEqual(claimedNamespacesOf(packages), ['almalinux:8', 'rhel:7']);
});
