import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Distro } from './distro.ts';
import { distroOfNamespace, namespaceOf, namespaceOfDistro, versionSchemeOf } from './namespace.ts';

function distro(
  id: string,
  versionId?: string,
  versionCodename?: string,
  like: readonly string[] = [],
): Distro {
  return {
    id,
    ...(versionId === undefined ? {} : { versionId }),
    ...(versionCodename === undefined ? {} : { versionCodename }),
    like,
  };
}

const cases: readonly (readonly [Distro, type: string, name: string])[] = [
  [distro('debian', '12'), 'deb', 'debian:12'],
  [distro('debian', '12.5'), 'deb', 'debian:12'],
  [distro('debian', undefined, 'sid'), 'deb', 'debian:unstable'],
  [distro('debian', undefined, 'forky'), 'deb', 'debian:14'],
  [distro('debian', undefined, 'jammy'), 'deb', 'debian'],
  [distro('debian'), 'deb', 'debian'],
  [distro('raspbian', '11'), 'deb', 'debian:11'],
  [distro('kali', '2024.1', undefined, ['debian']), 'deb', 'kali:2024.1'],
  [distro('linuxmint', '21.3', undefined, ['ubuntu', 'debian']), 'deb', 'linuxmint:21.3'],
  [distro('ubuntu', '22.04'), 'deb', 'ubuntu:22.04'],
  [distro('ubuntu', undefined, 'noble'), 'deb', 'ubuntu:24.04'],
  [distro('alpine', '3.19.4'), 'apk', 'alpine:v3.19'],
  [distro('alpine', '3.20'), 'apk', 'alpine:v3.20'],
  [distro('alpine', '3.21.0_alpha20240923'), 'apk', 'alpine:edge'],
  [distro('alpine', 'edge'), 'apk', 'alpine:edge'],
  [distro('alpine', '3.20.0_rc1'), 'apk', 'alpine:v3.20'],
  [distro('postmarketos', 'v25.06', undefined, ['alpine']), 'apk', 'alpine:v3.22'],
  // Facts: the releases of postmarketOS and their branches, from the oldest to the newest known.
  [distro('postmarketos', 'v20.05'), 'apk', 'alpine:v3.12'],
  [distro('postmarketos', 'v23.06.1'), 'apk', 'alpine:v3.18'],
  [distro('postmarketos', '25.12'), 'apk', 'alpine:v3.23'],
  [distro('postmarketos', 'edge'), 'apk', 'alpine:edge'],
  [distro('wolfi', '20230201'), 'apk', 'wolfi'],
  [distro('chainguard', '20230214'), 'apk', 'chainguard'],
  [distro('centos', '7'), 'rpm', 'centos:7'],
  [distro('rhel', '9.4'), 'rpm', 'rhel:9'],
  [distro('ol', '8.9'), 'rpm', 'oracle:8'],
  [distro('amzn', '2018.03'), 'rpm', 'amzn:2018.03'],
  [distro('amzn', '2017.09'), 'rpm', 'amzn:2018.03'],
  [distro('amzn', '2'), 'rpm', 'amzn:2'],
  [distro('amzn', '2023.5.20240708'), 'rpm', 'amzn:2023'],
  [distro('rocky', '9.4'), 'rpm', 'rocky:9'],
  [distro('almalinux', '9.4'), 'rpm', 'almalinux:9'],
  [distro('fedora', '40'), 'rpm', 'fedora:40'],
  [distro('sles', '15.6'), 'rpm', 'sles:15.6'],
  [distro('sles_sap', '15.5'), 'rpm', 'sles:15.5'],
  [distro('sle-micro-rancher', '5.4'), 'rpm', 'sle-micro:5.4'],
  [distro('sl-micro', '6.0'), 'rpm', 'sl-micro:6.0'],
  [distro('opensuse', '42.3'), 'rpm', 'opensuse-leap:42.3'],
  [distro('opensuse-leap', '15.6'), 'rpm', 'opensuse-leap:15.6'],
  [distro('opensuse-tumbleweed', '20240101'), 'rpm', 'opensuse-tumbleweed'],
  [distro('photon', '4.0'), 'rpm', 'photon:4.0'],
  [distro('openeuler', '24.03-LTS-SP1'), 'rpm', 'openeuler:24.03-LTS-SP1'],
  [distro('openeuler', '23.09'), 'rpm', 'openeuler:23.09'],
  [distro('mariner', '2.0.20240301'), 'rpm', 'mariner:2.0'],
  [distro('azurelinux', '3.0'), 'rpm', 'azurelinux:3.0'],
  [distro('constructor', '1'), 'rpm', 'constructor:1'],
];

suite('namespaces', () => {
  for (const [of, type, name] of cases) {
    test(`the namespace of ${of.id} ${of.versionId ?? of.versionCodename ?? ''} is ${name}`, () => {
      const versionScheme = { deb: 'dpkg', apk: 'apk', rpm: 'rpm' }[type];
      assert.deepEqual(namespaceOf(of, type), { name, versionScheme });
    });
  }

  test('gives no namespace to a package type of another family', () => {
    assert.equal(namespaceOf(distro('debian', '12'), 'apk'), undefined);
    assert.equal(namespaceOf(distro('alpine', '3.19'), 'rpm'), undefined);
    assert.equal(namespaceOf(distro('kali', '1', undefined, ['debian']), 'rpm'), undefined);
    assert.equal(namespaceOf(distro('debian', '12'), 'npm'), undefined);
  });
});

test('uses the given scheme for unknown types only', () => {
  const arch = distro('arch', '20240818.0.255804');
  assert.deepEqual(namespaceOf(arch, 'alpm'), { name: 'arch', versionScheme: 'alpm' });
  const manjaro = distro('manjaro', undefined, undefined, ['arch']);
  assert.deepEqual(namespaceOf(manjaro, 'alpm'), { name: 'manjaro', versionScheme: 'alpm' });
  assert.deepEqual(namespaceOf(distro('acme', '7'), 'acme', 'semver'), {
    name: 'acme:7',
    versionScheme: 'semver',
  });
  assert.equal(namespaceOf(distro('debian', '12'), 'alpm'), undefined);
  assert.equal(namespaceOf(distro('debian', '12'), 'deb', 'semver')?.versionScheme, 'dpkg');
  assert.equal(namespaceOf(distro('acme'), 'constructor'), undefined);
});

test('gives a distribution of an unknown package type no namespace, whatever is installed', () => {
  assert.equal(namespaceOfDistro(distro('acme')), undefined);
  assert.equal(namespaceOfDistro(distro('arch'))?.name, 'arch');
  assert.equal(namespaceOfDistro(distro('wolfi'))?.name, 'wolfi');
  assert.equal(versionSchemeOf('pypi'), 'pep440');
  assert.equal(versionSchemeOf('gentoo'), 'gentoo');
  assert.equal(versionSchemeOf('acme'), undefined);
});

test('returns the distribution of a namespace', () => {
  assert.deepEqual(distroOfNamespace('almalinux:8'), { id: 'almalinux', versionId: '8', like: [] });
  assert.deepEqual(distroOfNamespace('oracle:9'), { id: 'ol', versionId: '9', like: [] });
  assert.equal(distroOfNamespace('npm'), null);
  assert.equal(distroOfNamespace('generic:openssl'), null);
});
