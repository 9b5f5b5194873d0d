import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import type { Digest } from '../../model/digest.ts';
import type { Report, TargetKind } from '../../model/report.ts';
import type { VexProduct } from '../../model/suppression.ts';
import { productNamesOf } from '../../suppression-files/vex-document.ts';
import { samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { productMatches } from './products.ts';
import { suppressionSubjectOf } from './subject.ts';

const manifest = `sha256:${'c3'.repeat(32)}` as Digest;
const other = `sha256:${'d4'.repeat(32)}`;
const target = {
  reference: 'registry:registry.example/shop/web:1.4.2',
  kind: 'registry' as TargetKind,
  manifest,
  platform: 'linux/amd64',
};
const inRegistry: Report = { ...sampleReport, target };
const found = {
  ...samplePackage('libssl3', '3.0.11-1~deb12u2', 'openssl'),
  source: { name: 'openssl', version: '3.0.11-1~deb12u2' },
};

function isMeant(product: VexProduct, report: Report = inRegistry, isPinned = false): boolean {
  return productMatches(product, found, { subject: suppressionSubjectOf(report, builtIn.schemes), isPinned });
}

const product = (...names: readonly string[]): VexProduct => productNamesOf(names);
const within = (of: VexProduct, ...parts: readonly string[]): VexProduct => ({
  ...of,
  parts: parts.map((part) => productNamesOf([part])),
});

test('a package URL means a package when all of its parts match', () => {
  const base = 'pkg:deb/debian/libssl3';
  for (const purl of [
    base,
    `${base}@3.0.11-1~deb12u2`,
    `${base}@3.0.11-1~deb12u2?arch=amd64&distro=debian-12`,
    `${base}?distro=debian-bookworm`,
    `${base}?distro=bookworm`,
    'pkg:deb/Debian/libssl3',
  ])
    assert.equal(isMeant(product(purl)), true, purl);
  for (const purl of [
    'pkg:deb/debian/openssl',
    'pkg:deb/ubuntu/libssl3',
    'pkg:deb/libssl3',
    'pkg:rpm/debian/libssl3',
    `${base}@3.0.11`,
    `${base}?arch=arm64`,
    `${base}?distro=debian-11`,
    `${base}?distro=`.replace('=', '=bullseye'),
    `${base}?checksum=sha1:12`,
    `${base}#usr/lib`,
  ])
    assert.equal(isMeant(product(purl)), false, purl);
});

test('a source package means all packages built from it', () => {
  assert.equal(isMeant(product('pkg:deb/debian/openssl?arch=source')), true);
  assert.equal(isMeant(product('pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=source&distro=bookworm')), true);
  assert.equal(isMeant(product('pkg:deb/debian/openssl@3.0.12?arch=source')), false);
  assert.equal(isMeant(product('pkg:deb/debian/libssl3?arch=source')), false);
});

test('no source package means a package whose source is unknown', () => {
  const sourceless = { ...found, source: null };
  const meant = (name: string): boolean =>
    productMatches(product(name), sourceless, {
      subject: suppressionSubjectOf(inRegistry, builtIn.schemes),
      isPinned: false,
    });
  assert.equal(meant('pkg:deb/debian/libssl3'), true);
  assert.equal(meant('pkg:deb/debian/libssl3?arch=source'), false);
});

test('the digest of a manifest means the image', () => {
  for (const image of [
    `pkg:oci/web@${manifest}`,
    `pkg:oci/whatever@${manifest}?repository_url=elsewhere.example/web`,
    manifest,
  ])
    assert.equal(isMeant(product(image)), true, image);
  assert.equal(isMeant(productNamesOf([], manifest.slice('sha256:'.length).toUpperCase())), true);
  for (const image of [
    `pkg:oci/web@${other}`,
    `pkg:oci/web@${other}?repository_url=registry.example/shop/web`,
    other,
  ])
    assert.equal(isMeant(product(image)), false, image);
  const onDisk = {
    ...sampleReport,
    target: { ...target, kind: 'oci-layout' as const, reference: 'oci:layout' },
  };
  assert.equal(isMeant(product(`pkg:oci/web@${manifest}`), onDisk), true);
});

test('a digest means no image whose layers were not all hashed, and its name still does', () => {
  const [layer, ...others] = inRegistry.layers;
  assert.ok(layer !== undefined);
  const claimed = { ...inRegistry, layers: [{ ...layer, verified: false }, ...others] };
  for (const image of [`pkg:oci/web@${manifest}`, manifest])
    assert.equal(isMeant(product(image), claimed), false, image);
  assert.equal(isMeant(within(product(manifest), 'pkg:deb/debian/libssl3'), claimed), false);
  assert.equal(isMeant(product('pkg:oci/web?repository_url=registry.example/shop/web'), claimed), true);
  const pinned = { ...target, reference: `registry:registry.example/shop/web@${manifest}` };
  assert.equal(
    isMeant(product(`pkg:oci/web@${manifest}`), { ...claimed, target: { ...pinned, manifest: null } }),
    false,
  );
  // An SBOM has no layers.
  assert.equal(isMeant(product(manifest), { ...inRegistry, layers: [] }), true);
});

test('repository, tag and architecture mean the image when there is no digest', () => {
  for (const image of [
    'pkg:oci/web?repository_url=registry.example/shop/web',
    'pkg:oci/web?repository_url=https://registry.example/shop/web/&tag=1.4.2&arch=amd64',
    'pkg:docker/shop/web?repository_url=registry.example',
    'pkg:docker/shop/web@1.4.2?repository_url=https://registry.example',
    'pkg:oci/web',
    target.reference,
  ])
    assert.equal(isMeant(product(image)), true, image);
  for (const image of [
    'pkg:oci/web?repository_url=registry.example/other/web',
    'pkg:oci/web?repository_url=registry.example/shop/web&tag=1.4.1',
    'pkg:oci/web?repository_url=registry.example/shop/web&arch=arm64',
    'pkg:oci/web?repository_url=registry.example/shop/web&os=windows',
    'pkg:docker/shop/web',
    'pkg:docker/shop/web@1.4?repository_url=registry.example',
    'pkg:oci/shop',
    'registry.example/shop/web:1.4.2',
  ])
    assert.equal(isMeant(product(image)), false, image);
  const onDisk = {
    ...sampleReport,
    target: { ...target, kind: 'docker-archive' as const, manifest: null, reference: 'web' },
  };
  assert.equal(isMeant(product('pkg:oci/web'), onDisk), false);
});

test('an image of Docker Hub needs no registry, and only container package URLs mean it', () => {
  const onHub = { ...inRegistry, target: { ...target, reference: 'registry:docker.io/library/web:1.4.2' } };
  assert.equal(isMeant(product('pkg:docker/library/web@1.4.2'), onHub), true);
  assert.equal(isMeant(product('pkg:docker/web'), onHub), true);
  assert.equal(isMeant(product('pkg:docker/shop/web'), onHub), false);
  assert.equal(isMeant(product('pkg:generic/library/web'), onHub), false);
});

test('parts of an image match in that image only', () => {
  const part = 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2';
  assert.equal(isMeant(within(product(manifest), part)), true);
  assert.equal(isMeant(within(product(manifest), 'pkg:deb/debian/curl', part)), true);
  assert.equal(isMeant(within(product(manifest), 'pkg:deb/debian/curl')), false);
  assert.equal(isMeant(within(product(other), part)), false);
  assert.equal(isMeant(within(product('an unknown thing'), part)), false);
  assert.equal(isMeant(within(product('pkg:golang/example.com/app'), part)), false);
});

test('parts of a distribution match in that distribution only', () => {
  const of = (...namespaces: readonly string[]): VexProduct =>
    within({ ...product(), namespaces }, 'pkg:deb/debian/openssl?arch=source');
  assert.equal(isMeant(of('debian:12')), true);
  assert.equal(isMeant(of('debian:11')), false);
  assert.equal(isMeant(of()), false);
  assert.equal(isMeant({ ...product(), namespaces: ['debian:12'] }), false);
});

test('a distribution means the packages of its package manager only', () => {
  for (const [type, isOurs] of [
    ['deb', true],
    ['apk', true],
    ['rpm', true],
    ['npm', false],
  ] as const) {
    const purl = `pkg:${type}/x/y@1`;
    const item = { ...found, type, purl, source: null };
    const of = within({ ...product(), namespaces: ['debian:12'] }, purl);
    assert.equal(
      productMatches(of, item, {
        subject: suppressionSubjectOf(inRegistry, builtIn.schemes),
        isPinned: false,
      }),
      isOurs,
      type,
    );
  }
});

test('a fix applies to a version, not to all', () => {
  const pinned = (one: VexProduct): boolean => isMeant(one, inRegistry, true);
  assert.equal(pinned(product('pkg:deb/debian/libssl3@3.0.11-1~deb12u2')), true);
  assert.equal(pinned(product('pkg:deb/debian/libssl3')), false);
  assert.equal(pinned(within(product(manifest), 'pkg:deb/debian/libssl3')), false);
  assert.equal(pinned(within(product('pkg:oci/web'), found.purl)), true);
  assert.equal(pinned(product(`pkg:oci/web@${manifest}`)), true);
  assert.equal(pinned(product('pkg:oci/web?tag=1.4.2')), true);
  assert.equal(pinned(product('pkg:oci/web')), false);
  assert.equal(pinned({ ...product('pkg:deb/debian/libssl3'), versions: [found.version] }), true);
});

test('the installed version must be among the listed versions', () => {
  const versions = (...list: readonly string[]): VexProduct => ({
    ...product('pkg:deb/debian/libssl3'),
    versions: list,
  });
  assert.equal(isMeant(versions('1', found.version)), true);
  assert.equal(isMeant(versions('1')), false);
  assert.equal(isMeant(versions()), false);
});

const ranged = (name: string, ...ranges: readonly string[]): VexProduct => ({ ...product(name), ranges });

test('the installed version must be in one of the listed ranges', () => {
  const inRanges = (...ranges: readonly string[]): boolean =>
    isMeant(ranged('pkg:deb/debian/libssl3', ...ranges));
  for (const range of [
    'vers:deb/<3.0.12',
    'vers:deb/>=3.0.11-1~deb12u2',
    'vers:deb/>=3.0.10|<3.0.11-1%7Edeb12u3|4',
    'vers:deb/3.0.11-1~deb12u2',
    'vers:deb/*',
  ])
    assert.equal(inRanges(range), true, range);
  for (const range of [
    'vers:deb/<3.0.11-1~deb12u2',
    'vers:deb/>3.0.11-1~deb12u2',
    'vers:deb/<3.0.12|!=3.0.11-1~deb12u2',
    'vers:rpm/<3.0.12',
    'vers:dpkg/<3.0.12',
    'vers:generic/<3.0.12',
    'vers:generic/*',
    'vers:deb/<',
    'vers:deb/<%',
    'vers:deb/<3.0.12|',
    'vers:deb/<3.0.12|a:1',
    'vls:<3.0.12',
    '<3.0.12',
    '*',
    '',
  ])
    assert.equal(inRanges(range), false, range);
  assert.equal(inRanges(), false);
  assert.equal(inRanges('vers:deb/<3', 'vers:deb/>3'), true);
  assert.equal(
    isMeant({ ...ranged('pkg:deb/debian/libssl3', 'vers:deb/<3'), versions: [found.version] }),
    true,
  );
  // Both the package URL and the range must match.
  assert.equal(isMeant(ranged(`pkg:deb/debian/libssl3@3.0.10`, 'vers:deb/*')), false);
});

test('ranges of a source package refer to its versions', () => {
  const rebuilt = { ...found, version: '1:5', source: { name: 'openssl', version: '3.0.11' } };
  const isIn = (item: typeof found, name: string, range: string): boolean =>
    productMatches(ranged(name, range), item, {
      subject: suppressionSubjectOf(inRegistry, builtIn.schemes),
      isPinned: false,
    });
  assert.equal(isIn(rebuilt, 'pkg:deb/debian/openssl?arch=source', 'vers:deb/>3|<4'), true);
  assert.equal(isIn(rebuilt, 'pkg:deb/debian/openssl?arch=source', 'vers:deb/>4'), false);
  assert.equal(isIn(rebuilt, 'pkg:deb/debian/libssl3', 'vers:deb/>4'), true);
});

test('a version that cannot be compared is in no bounded range', () => {
  const odd = { ...found, version: 'a:b', purl: 'pkg:deb/debian/libssl3@a:b' };
  const isIn = (range: string): boolean =>
    productMatches(ranged('pkg:deb/debian/libssl3', range), odd, {
      subject: suppressionSubjectOf(inRegistry, builtIn.schemes),
      isPinned: false,
    });
  assert.deepEqual(['vers:deb/<9', 'vers:deb/>=0', 'vers:deb/!=1'].map(isIn), [false, false, false]);
});

test('ranges of rpm packages compare epochs', () => {
  const rpm = {
    ...found,
    type: 'rpm',
    version: '1:3.0.7-18.el9',
    purl: 'pkg:rpm/redhat/openssl-libs@3.0.7-18.el9?epoch=1',
    source: { name: 'openssl', version: '3.0.7-18.el9' },
  };
  const isIn = (name: string, range: string): boolean =>
    productMatches(ranged(name, range), rpm, {
      subject: suppressionSubjectOf(inRegistry, builtIn.schemes),
      isPinned: false,
    });
  for (const name of ['pkg:rpm/redhat/openssl-libs', 'pkg:rpm/redhat/openssl?arch=src']) {
    assert.equal(isIn(name, 'vers:rpm/<1:3.0.8'), true, name);
    assert.equal(isIn(name, 'vers:rpm/<3.0.8'), false, name);
  }
});

test('a range of versions means packages, not images or distributions', () => {
  assert.equal(isMeant(ranged(manifest, 'vers:deb/*')), false);
  assert.equal(isMeant(ranged('pkg:oci/web', 'vers:oci/*')), false);
  const part = 'pkg:deb/debian/libssl3';
  assert.equal(isMeant(within(ranged(manifest, 'vers:deb/*'), part)), false);
  assert.equal(isMeant(within({ ...ranged('x', 'vers:deb/*'), namespaces: ['debian:12'] }, part)), false);
  const parts = [ranged(part, 'vers:deb/<3.0.12')];
  assert.equal(isMeant({ ...product(manifest), parts }), true);
  assert.equal(isMeant({ ...product(manifest), parts: [ranged(part, 'vers:deb/<3')] }), false);
});

test('applies a fix to a range with a bound, but not to all versions', () => {
  const pinned = (range: string): boolean =>
    isMeant(ranged('pkg:deb/debian/libssl3', range), inRegistry, true);
  assert.equal(pinned('vers:deb/>=3.0.11'), true);
  assert.equal(pinned('vers:deb/>=3.0.12'), false);
  assert.equal(pinned('vers:deb/*'), false);
});
