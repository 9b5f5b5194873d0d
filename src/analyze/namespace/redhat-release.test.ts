import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { redhatRelease } from './redhat-release.ts';

function detect(files: Readonly<Record<string, string>>): string | undefined {
  const distro = redhatRelease.detect(
    new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
  );
  return distro && `${distro.id} ${distro.versionId ?? ''}`;
}

const lines: readonly (readonly [line: string, distro: string])[] = [
  ['Red Hat Enterprise Linux Server release 7.0 (Maipo)', 'rhel 7.0'],
  ['Red Hat Enterprise Linux release 9.1 (Plow)', 'rhel 9.1'],
  ['Oracle Linux Server release 7.3', 'ol 7.3'],
  ['CentOS release 6.10 (Final)', 'centos 6.10'],
  ['CentOS Linux release 7.6.1810 (Core)', 'centos 7.6.1810'],
  ['CentOS Stream release 9', 'centos 9'],
  ['Rocky Linux release 8.9 (Green Obsidian)', 'rocky 8.9'],
  ['AlmaLinux release 9.2 (Turquoise Kodkod)', 'almalinux 9.2'],
  ['Amazon Linux AMI release 2018.03', 'amzn 2018.03'],
  ['Amazon Linux release 2 (Karoo)', 'amzn 2'],
  ['Fedora release 40 (Forty)', 'fedora 40'],
  ['Scientific Linux release 7.9 (Nitrogen)', 'scientific 7.9'],
  ['EuroLinux release 9.2 (Stockholm)', 'eurolinux 9.2'],
];

suite('redhat-release', () => {
  for (const [line, distro] of lines) {
    test(`reads ${line}`, () => {
      assert.equal(detect({ 'etc/redhat-release': `${line}\n` }), distro);
    });
  }

  test("prefers the vendor's file to that of its parent", () => {
    assert.equal(
      detect({
        'etc/redhat-release': 'Red Hat Enterprise Linux Server release 7.9 (Maipo)',
        'etc/oracle-release': 'Oracle Linux Server release 7.9',
      }),
      'ol 7.9',
    );
  });

  test('reads the CPE of CentOS 6', () => {
    assert.equal(detect({ 'etc/system-release-cpe': 'cpe:/o:centos:linux:6:GA' }), 'centos 6');
    assert.equal(
      detect({ 'etc/system-release-cpe': 'cpe:/o:redhat:enterprise_linux:6server:ga:server' }),
      'rhel 6',
    );
    assert.equal(detect({ 'etc/system-release-cpe': 'cpe:/o:centos:6:GA' }), undefined);
  });

  test('reads SUSE before os-release', () => {
    assert.equal(
      detect({
        'etc/SuSE-release': 'SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n',
      }),
      'sles 11.4',
    );
    assert.equal(detect({ 'etc/SuSE-release': 'openSUSE 42.3 (x86_64)\nVERSION = 42.3\n' }), 'opensuse 42.3');
  });

  test('ignores a file of SUSE without name or version', () => {
    for (const text of ['SUSE Linux Enterprise Server 11\n', 'Novell Linux Desktop 9\nVERSION = 9\n'])
      assert.equal(detect({ 'etc/SuSE-release': text }), undefined);
  });

  test('reads Photon and Mariner', () => {
    assert.equal(
      detect({ 'etc/photon-release': 'VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=1' }),
      'photon 4.0',
    );
    assert.equal(detect({ 'etc/mariner-release': 'CBL-Mariner 2.0.20240301' }), 'mariner 2.0.20240301');
  });

  test('returns no release for any other content', () => {
    for (const text of [
      '',
      'CentOS',
      'release 7',
      'Fedora release Rawhide',
      '\0',
      `x release 7${'.'.repeat(99)}`,
    ]) {
      assert.equal(detect({ 'etc/redhat-release': text }), undefined);
    }
  });
});
