import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { alpineRelease } from './alpine-release.ts';

function versionOf(files: Readonly<Record<string, string>>): string | undefined {
  return alpineRelease.detect(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])))
    ?.versionId;
}

suite('alpine-release', () => {
  test('reads releases, snapshots of edge in both spellings, and candidates', () => {
    for (const version of ['3.18.4', '3.21.0_alpha20240923', '3.19_alpha20230901', '3.20.0_rc1']) {
      assert.equal(versionOf({ 'etc/alpine-release': `${version}\n` }), version);
    }
  });

  test('reads the console greeting when there is no release file', () => {
    assert.equal(
      versionOf({ 'etc/issue': 'Welcome to Alpine Linux 3.2\nKernel \\r on an \\m (\\l)\n' }),
      '3.2',
    );
    assert.equal(versionOf({ 'etc/issue': 'Debian GNU/Linux 12 \\n \\l' }), undefined);
  });

  test('takes the branch from the repositories', () => {
    const repositories = 'http://dl-cdn.alpinelinux.org/alpine/edge/main\n';
    assert.equal(versionOf({ 'etc/alpine-release': '3.18.4', 'etc/apk/repositories': repositories }), 'edge');
    assert.equal(versionOf({ 'etc/apk/repositories': repositories }), undefined);
  });

  test('returns no release for any other content', () => {
    for (const text of ['', 'x', '3', 'v3.18', '\0\0\0\0'])
      assert.equal(versionOf({ 'etc/alpine-release': text }), undefined);
  });
});
