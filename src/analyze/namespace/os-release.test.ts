import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Distro } from '../../model/distro.ts';
import { osRelease } from './os-release.ts';

function detect(files: Readonly<Record<string, string>>): Distro | undefined {
  return osRelease.detect(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));
}

test('os-release: returns all fields of the distribution', () => {
  const text = [
    'ID="rhel"',
    'VERSION_ID="9.4"',
    'VERSION_CODENAME=Plow',
    'PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"',
    'ID_LIKE="fedora"',
    'SUPPORT_END=2032-05-31',
  ];
  assert.deepEqual(detect({ 'etc/os-release': text.join('\n') }), {
    id: 'rhel',
    versionId: '9.4',
    versionCodename: 'plow',
    prettyName: 'Red Hat Enterprise Linux 9.4 (Plow)',
    like: ['fedora'],
    supportEnd: '2032-05-31',
  });
});

test('os-release: reads the copy in usr/lib when etc has none, and the system of Bottlerocket', () => {
  assert.equal(detect({ 'etc/os-release': '', 'usr/lib/os-release': 'ID=fedora' })?.id, 'fedora');
  const path = 'x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release';
  assert.equal(detect({ [path]: 'ID=bottlerocket' })?.id, 'bottlerocket');
  assert.equal(detect({ 'etc/os-release': 'ID=alpine', 'usr/lib/os-release': 'ID=fedora' })?.id, 'alpine');
});

test('os-release: takes the service pack of openEuler from the texts for people', () => {
  const read = (...lines: readonly string[]) =>
    detect({ 'etc/os-release': ['NAME="openEuler"', 'ID="openEuler"', ...lines].join('\n') });
  const release = 'VERSION_ID="22.03"';
  assert.deepEqual(read('VERSION="22.03 (LTS-SP3)"', release, 'PRETTY_NAME="openEuler 22.03 (LTS-SP3)"'), {
    id: 'openeuler',
    versionId: '22.03-LTS-SP3',
    like: [],
    prettyName: 'openEuler 22.03 (LTS-SP3)',
  });
  assert.equal(read(release, 'PRETTY_NAME="openEuler 22.03 (LTS)"')?.versionId, '22.03-LTS');
  // Without the text, the release is one without advisories, and the image is not assessed.
  assert.equal(read(release)?.versionId, '22.03');
  assert.equal(read('VERSION="23.09"', 'VERSION_ID="23.09"')?.versionId, '23.09');
  assert.equal(read('VERSION="22.03 (LTS-SP1)"')?.versionId, undefined);
  assert.equal(read('VERSION="22.03 (LTS-SP1)"', 'VERSION_ID="22.03-LTS-SP1"')?.versionId, '22.03-LTS-SP1');
});

test('os-release: ignores an invalid ID', () => {
  for (const id of ['', 'ID=', 'ID="a b"', 'ID=../../x', 'NAME=Debian'])
    assert.equal(detect({ 'etc/os-release': id }), undefined);
});

test('os-release: reads the codename of old Debian from brackets', () => {
  const text = 'ID=debian\nVERSION_ID="7"\nVERSION="7 (wheezy)"';
  assert.equal(detect({ 'etc/os-release': text })?.versionCodename, 'wheezy');
  const pretty = text.replace('VERSION="', 'PRETTY_NAME="Debian GNU/Linux ');
  assert.equal(detect({ 'etc/os-release': pretty })?.versionCodename, 'wheezy');
  assert.equal(
    detect({ 'etc/os-release': text.replace('wheezy', 'distroless') })?.versionCodename,
    undefined,
  );
});

test('os-release: takes the version of a Debian without VERSION_ID from debian_version', () => {
  const files = { 'etc/os-release': 'ID=debian\nPRETTY_NAME="Distroless"', 'etc/debian_version': '13.5\n' };
  assert.equal(detect(files)?.versionId, '13');
  // A derivative keeps Debian's file, which does not state the derivative's release.
  const derived = detect({ ...files, 'etc/os-release': 'ID=devuan\nVERSION="6 (trixie)"' });
  assert.deepEqual(derived, { id: 'devuan', like: [] });
});

test('os-release: distinguishes testing and unstable by the apt sources', () => {
  const rolling = {
    'etc/os-release': 'ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\nVERSION_CODENAME=forky',
    'etc/debian_version': 'forky/sid',
  };
  const stanza = (suite: string): string =>
    `Types: deb\nURIs: http://mirror.example/debian\nSuites: ${suite}\nComponents: main\n`;
  const path = 'etc/apt/sources.list.d/debian.sources';
  assert.equal(detect(rolling)?.versionCodename, 'sid');
  assert.equal(detect({ ...rolling, 'etc/debian_version': '' })?.versionCodename, 'sid');
  assert.equal(detect({ ...rolling, [path]: stanza('sid') })?.versionCodename, 'sid');
  assert.equal(detect({ ...rolling, [path]: stanza('testing testing-updates') })?.versionCodename, 'forky');
  assert.equal(detect({ ...rolling, [path]: stanza('forky') })?.versionCodename, 'forky');
  assert.equal(detect({ ...rolling, [path]: stanza('forky unstable') })?.versionCodename, 'sid');
  assert.equal(detect(rolling)?.versionId, undefined);
});

test('os-release: takes the branch of Alpine from its main repository', () => {
  const alpine = { 'etc/os-release': 'ID=alpine\nVERSION_ID=3.19.4\nPRETTY_NAME="Alpine Linux v3.19"' };
  const cases: readonly (readonly [repositories: string, versionId: string])[] = [
    ['https://dl-cdn.alpinelinux.org/alpine/v3.19/main\n', '3.19.4'],
    ['https://dl-cdn.alpinelinux.org/alpine/v3.20/main\n', '3.20'],
    ['http://mirror.example/a/b/v3.9/main/\nhttp://mirror.example/a/b/v3.18/main\n', '3.18'],
    ['http://mirror.example/v3.18/main\nhttp://mirror.example/v3.9/main\n', '3.18'],
    ['http://mirror.example/v3.9/main\nhttp://mirror.example/v2.18/main\n', '3.9'],
    ['ftp://mirror.example/alpine/edge/main\nftp://mirror.example/alpine/v3.20/main\n', 'edge'],
    ['ftp://mirror.example/alpine/v3.20/main\nftp://mirror.example/alpine/edge/main\n', 'edge'],
    ['@edge https://dl-cdn.alpinelinux.org/alpine/edge/main\n#http://a.example/alpine/edge/main\n', '3.19.4'],
    [
      'https://dl-cdn.alpinelinux.org/alpine/v3.19/main\nhttps://dl-cdn.alpinelinux.org/alpine/edge/testing\n',
      '3.19.4',
    ],
  ];
  for (const [repositories, versionId] of cases) {
    assert.equal(
      detect({ ...alpine, 'etc/apk/repositories': repositories })?.versionId,
      versionId,
      repositories,
    );
  }
});

test('os-release: reads an Alpine called edge as edge, whatever its number', () => {
  const text = (version: string): string =>
    `ID=alpine\nVERSION_ID=${version}\nPRETTY_NAME="Alpine Linux edge"`;
  assert.equal(detect({ 'etc/os-release': text('3.23.0') })?.versionId, 'edge');
  assert.equal(detect({ 'etc/os-release': text('3.22.0_alpha20250108') })?.versionId, '3.22.0_alpha20250108');
});

test('os-release: reads any content without an error', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }), (contents) => {
      const paths = osRelease.wants.map((path) => path.replace('*', 'x.sources'));
      osRelease.detect(new Map(contents.map((content, index) => [paths[index] ?? 'x', content])));
    }),
  );
});
