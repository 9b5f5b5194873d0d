import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Distro } from '../../model/distro.ts';
import { aptSources } from './apt-sources.ts';

function detect(files: Readonly<Record<string, string>>): Distro | undefined {
  return aptSources.detect(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));
}

function versionOf(line: string): string | undefined {
  const distro = detect({ 'etc/apt/sources.list': line });
  return distro && `${distro.id} ${distro.versionId ?? distro.versionCodename ?? '?'}`;
}

suite('apt-sources', () => {
  test('reads the release from the codename in one-line entries', () => {
    assert.equal(versionOf('deb http://mirror.example/debian bookworm main contrib\n'), 'debian 12');
    assert.equal(
      versionOf('deb\thttp://archive.ubuntu.com/ubuntu/   jammy-updates universe main'),
      'ubuntu 22.04',
    );
    assert.equal(
      versionOf(
        'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian-security wheezy/updates main',
      ),
      'debian 7',
    );
    assert.equal(versionOf('deb http://mirror.example/debian unstable main'), 'debian sid');
  });

  test('ignores comments, source packages, foreign components and unknown suites', () => {
    for (const line of [
      '# deb http://mirror.example/debian bookworm main',
      'deb-src http://mirror.example/debian bookworm main',
      'deb http://mirror.example/debian bookworm contrib # main',
      'deb https://packages.example/apt nightly main',
      'deb http://mirror.example/debian bookworm',
    ]) {
      assert.equal(versionOf(line), undefined, line);
    }
  });

  test('reads Debian without a release from suites that move', () => {
    assert.equal(versionOf('deb http://mirror.example/debian oldstable main'), 'debian ?');
    assert.equal(versionOf('deb http://a stable main\ndeb http://a trixie main'), 'debian 13');
  });

  test('reads deb822 files unless they are disabled', () => {
    const stanza =
      'Types: deb deb-src\nURIs: http://a\nSuites: noble noble-updates\nComponents: main universe\n';
    const path = 'etc/apt/sources.list.d/ubuntu.sources';
    assert.equal(detect({ [path]: stanza })?.versionId, '24.04');
    assert.equal(detect({ [path]: `${stanza}Enabled: no\n` }), undefined);
  });

  test('prefers a number in debian_version, which is the installed version', () => {
    const list = { 'etc/apt/sources.list': 'deb http://a trixie main' };
    assert.equal(detect({ ...list, 'etc/debian_version': '12.5\n' })?.versionId, '12');
    assert.equal(detect({ ...list, 'etc/debian_version': 'bookworm/sid\n' })?.versionId, '13');
    assert.equal(detect({ 'etc/debian_version': '6.0.10\n' })?.versionId, '6');
    assert.equal(detect({ 'etc/debian_version': 'forky/sid\n' })?.versionCodename, 'sid');
    assert.equal(detect({ 'etc/debian_version': 'kali-rolling\n' }), undefined);
    assert.equal(detect({ 'etc/debian_version': 'x' }), undefined);
  });
});
