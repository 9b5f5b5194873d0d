import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cyclonedxInventory, packageTexts, problems, properties } from '../testing/third-party-inventory.ts';

const layer = `sha256:${'ab'.repeat(32)}`;

const syftComponents: readonly object[] = [
  {
    'bom-ref': 'pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?package-id=1f',
    type: 'library',
    publisher: 'GNU Libc Maintainers',
    name: 'libc6',
    version: '2.36-9+deb12u4',
    purl: 'pkg:deb/debian/libc6@2.36-9+deb12u4?arch=amd64&distro=debian-12&upstream=glibc',
    properties: properties({
      'syft:package:foundBy': 'dpkg-db-cataloger',
      'syft:location:0:layerID': layer,
      'syft:location:0:path': '/var/lib/dpkg/status',
      'syft:metadata:source': 'glibc',
    }),
  },
  {
    'bom-ref': 'b',
    type: 'library',
    name: 'libgcc-s1',
    version: '12.2.0-14',
    purl: 'pkg:deb/debian/libgcc-s1@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14',
  },
  {
    'bom-ref': 'c',
    type: 'library',
    group: '@types',
    name: 'node',
    version: '20.1.0',
    purl: 'pkg:npm/%40types/node@20.1.0',
  },
  { type: 'application', name: 'python', version: '3.11', purl: 'pkg:generic/python@3.11' },
  // Software without a package whose advisories are unknown is no package.
  { type: 'application', name: 'openjdk', version: '17', purl: 'pkg:generic/openjdk@17' },
  {
    'bom-ref': 'os:debian@12',
    type: 'operating-system',
    name: 'debian',
    version: '12',
    description: 'Debian GNU/Linux 12 (bookworm)',
    swid: { tagId: 'debian', name: 'debian', version: '12' },
    properties: properties({
      'syft:distro:id': 'debian',
      'syft:distro:idLike:0': 'acme',
      'syft:distro:versionCodename': 'bookworm',
      'syft:distro:versionID': '12',
    }),
  },
  { 'bom-ref': 'f', type: 'file', name: '/etc/passwd' },
];

test('reads sources, places and the distribution from the properties of syft CycloneDX', () => {
  const inventory = cyclonedxInventory(syftComponents, {
    'bom-ref': 'r',
    type: 'container',
    name: 'shop:1',
    version: `sha256:${'cd'.repeat(32)}`,
  });
  assert.deepEqual(packageTexts(inventory), [
    'deb libc6 2.36-9+deb12u4 from glibc 2.36-9+deb12u4',
    'deb libgcc-s1 12.2.0-14 from gcc-12 12.2.0-14',
    'npm @types/node 20.1.0',
    'generic python 3.11',
  ]);
  assert.deepEqual(inventory.distro, {
    id: 'debian',
    versionId: '12',
    versionCodename: 'bookworm',
    prettyName: 'Debian GNU/Linux 12 (bookworm)',
    like: ['acme'],
  });
  const [first, second] = inventory.packages;
  assert.deepEqual(first?.location, { path: 'var/lib/dpkg/status', layer });
  assert.deepEqual(second?.location, { path: 'sbom', layer: null });
  assert.equal(first.arch, 'amd64');
  assert.deepEqual(inventory.subject, {
    reference: 'shop:1',
    kind: null,
    manifest: `sha256:${'cd'.repeat(32)}`,
    digest: `sha256:${'cd'.repeat(32)}`,
    platform: null,
  });
  assert.deepEqual(inventory.statuses, [{ extension: 'sbom', status: 'succeeded', files: [] }]);
});

test('reads the epoch and the source RPM of an rpm from the qualifiers of syft CycloneDX', () => {
  const inventory = cyclonedxInventory([
    {
      purl: 'pkg:rpm/rhel/openssl-libs@1.1.1k-9.el8_7?arch=x86_64&distro=rhel-8.7&epoch=1&upstream=openssl-1.1.1k-9.el8_7.src.rpm',
    },
    { purl: 'pkg:rpm/rhel/acl@2.2.53-1.el8?arch=x86_64&distro=rhel-8.7&epoch=0' },
    { purl: 'pkg:rpm/rhel/gpg-pubkey@5a6340b3-6229229e?distro=rhel-8.7' },
    {
      purl: 'pkg:rpm/rhel/nodejs@18.14.2-2.module%2Bel8.7.0?arch=x86_64&distro=rhel-8.7',
      properties: properties({ 'syft:metadata:modularityLabel': 'nodejs:18:8070020230306170042:bd1311ed' }),
    },
  ]);
  assert.deepEqual(packageTexts(inventory), [
    'rpm openssl-libs 1:1.1.1k-9.el8_7 from openssl 1.1.1k-9.el8_7',
    'rpm acl 2.2.53-1.el8',
    'rpm nodejs 18.14.2-2.module+el8.7.0',
  ]);
  assert.deepEqual(inventory.distro, { id: 'rhel', versionId: '8.7', like: [] });
  assert.equal(inventory.packages[2]?.modularity, 'nodejs:18:8070020230306170042:bd1311ed');
  assert.deepEqual(problems(inventory), []);
});

test('reads the source in parts, and the epoch of a deb from a qualifier, in Trivy CycloneDX', () => {
  const inventory = cyclonedxInventory([
    {
      'bom-ref': '3da6a469',
      type: 'operating-system',
      name: 'debian',
      version: '12.5',
      properties: properties({ 'aquasecurity:trivy:Class': 'os-pkgs', 'aquasecurity:trivy:Type': 'debian' }),
    },
    {
      'bom-ref': 'a',
      type: 'library',
      name: 'bsdutils',
      version: '1:2.38.1-5+deb12u1',
      purl: 'pkg:deb/debian/bsdutils@2.38.1-5%2Bdeb12u1?arch=amd64&distro=debian-12.5&epoch=1',
      properties: properties({
        'aquasecurity:trivy:LayerDiffID': layer,
        'aquasecurity:trivy:PkgType': 'debian',
        'aquasecurity:trivy:SrcName': 'util-linux',
        'aquasecurity:trivy:SrcRelease': '5+deb12u1',
        'aquasecurity:trivy:SrcVersion': '2.38.1',
      }),
    },
    {
      type: 'application',
      name: 'app/package-lock.json',
      properties: properties({ 'aquasecurity:trivy:Class': 'lang-pkgs', 'aquasecurity:trivy:Type': 'npm' }),
    },
    {
      type: 'library',
      name: 'lodash',
      purl: 'pkg:npm/lodash@4.17.20',
      properties: properties({ 'aquasecurity:trivy:FilePath': 'app/package-lock.json' }),
    },
  ]);
  assert.deepEqual(packageTexts(inventory), [
    'deb bsdutils 1:2.38.1-5+deb12u1 from util-linux 2.38.1-5+deb12u1',
    'npm lodash 4.17.20',
  ]);
  assert.deepEqual(
    inventory.packages.map(({ location }) => location),
    [
      { path: 'sbom', layer },
      { path: 'app/package-lock.json', layer: null },
    ],
  );
  assert.deepEqual(inventory.distro, { id: 'debian', versionId: '12.5', like: [] });
  assert.deepEqual(problems(inventory), []);
});

test('reads the distribution names of Trivy, and a lone release of Alpine', () => {
  const names = [
    ['redhat', '8.7', 'rhel 8.7'],
    ['alma', '9.2', 'almalinux 9.2'],
    ['amazon', '2 (Karoo)', 'amzn 2'],
    ['amazon', 'AMI release 2018.03', 'amzn 2018.03'],
    ['oracle', '8.9', 'ol 8.9'],
    ['cbl-mariner', '2.0.20240123', 'mariner 2.0.20240123'],
    ['opensuse.leap', '15.5', 'opensuse-leap 15.5'],
    ['suse linux enterprise server', '15.5', 'sles 15.5'],
    ['debian', 'sid', 'debian sid'],
    ['debian', 'trixie/sid', 'debian trixie'],
  ] as const;
  for (const [name, version, expected] of names) {
    const { distro } = cyclonedxInventory([{ type: 'operating-system', name, version }]);
    assert.equal([distro?.id, distro?.versionId ?? distro?.versionCodename].join(' '), expected, name);
  }
  const { distro } = cyclonedxInventory([{ purl: 'pkg:apk/alpine/zlib@1.2.11-r3?distro=3.15.0' }]);
  assert.deepEqual(distro, { id: 'alpine', versionId: '3.15.0', like: [] });
});

test('reads the distribution qualifiers of Docker Scout and cdxgen', () => {
  const scout = cyclonedxInventory([
    { purl: 'pkg:deb/debian/wget@1.21.3-1%2Bb2?os_distro=bookworm&os_name=debian&os_version=12' },
  ]);
  assert.deepEqual(packageTexts(scout), ['deb wget 1.21.3-1+b2 from wget 1.21.3-1']);
  assert.deepEqual(scout.distro, { id: 'debian', versionId: '12', like: [] });
  const cdxgen = cyclonedxInventory([
    { purl: 'pkg:deb/debian/attr@1:2.5.2-3?arch=amd64&distro=debian-13&distro_name=trixie&epoch=1' },
  ]);
  assert.deepEqual(packageTexts(cdxgen), ['deb attr 1:2.5.2-3 from attr 1:2.5.2-3']);
  assert.deepEqual(cdxgen.distro, { id: 'debian', versionId: '13', like: [] });
  for (const [distro, expected] of [
    ['jammy', 'ubuntu 22.04'],
    ['debian-sid', 'debian sid'],
    ['sid', 'debian sid'],
    ['ubuntu-focal', 'ubuntu focal'],
    ['opensuse-tumbleweed', 'opensuse-tumbleweed '],
    ['opensuse-tumbleweed-20250630', 'opensuse-tumbleweed 20250630'],
    ['slem-5.5', 'sle-micro 5.5'],
    ['alpine-edge', 'alpine edge'],
  ] as const) {
    const found = cyclonedxInventory([{ purl: `pkg:deb/debian/a@1?distro=${distro}` }]).distro;
    assert.equal(`${found?.id} ${found?.versionId ?? found?.versionCodename ?? ''}`, expected, distro);
  }
});
