import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { isOwnable, Ownership } from './ownable.ts';

/** A path of each ecosystem as its own tools create it. */
const evidence = [
  'usr/lib/node_modules/npm/package.json',
  'usr/lib/node_modules/@scope/a/package.json',
  'usr/lib/python3/dist-packages/pip-24.0.dist-info/METADATA',
  'usr/lib/python3/dist-packages/six-1.16.0.egg-info',
  'usr/lib/python3.9/site-packages/rpm-4.16.egg-info/PKG-INFO',
  'usr/lib/python2.7/site-packages/a-1.0-py2.7.egg',
  'usr/share/gems/specifications/default/json-2.7.1.gemspec',
  'usr/share/java/guava.jar',
  'var/lib/tomcat/webapps/ROOT.war',
  'usr/share/jenkins/plugins/git.jpi',
  'usr/share/php/Composer/vendor/composer/installed.json',
  'usr/lib64/dotnet/shared/Microsoft.NETCore.App/8.0.4/Microsoft.NETCore.App.deps.json',
  'bin/sh',
  'usr/sbin/nginx',
  'usr/local/bin/tool',
  'usr/libexec/podman/catatonit',
  'usr/lib/golang/pkg/tool/linux_amd64/compile',
  'opt/vendor/bin/agent',
];

/** Programs and libraries at the paths of distributions. */
const programs = [
  'usr/lib/x86_64-linux-gnu/libc.so.6',
  'lib/ld-musl-x86_64.so.1',
  'usr/lib/git-core/git-remote-http',
  'usr/lib/python3.11',
  'opt/vendor/agent',
  'usr/share/dotnet/dotnet',
  'usr/share/cockpit/static/bundle.js',
];

const others = [
  'etc/passwd',
  'usr/share/locale/de/LC_MESSAGES/bash.mo',
  'usr/share/doc/jar/README',
  'usr/share/zoneinfo/Europe/Berlin',
  'usr/lib/.build-id/0a/b1',
  'usr/lib/binutils/ld.a',
  'usr/lib/python3.9/json/decoder.pyc',
  'usr/lib/node_modules/npm/lib/cli.js',
  'usr/share/a/my-package.json',
  'var/lib/misc/tool',
];

test('ownable: accepts evidence of every ecosystem and programs, but not data files', () => {
  assert.deepEqual(
    [...evidence, ...programs].filter((path) => !isOwnable(path)),
    [],
  );
  assert.deepEqual(
    others.filter((path) => isOwnable(path)),
    [],
  );
});

test('ownable: keeps files and characters up to the limits of a layer, and reports that', () => {
  for (const [path, kept] of [
    ['bin/a', limits.ownedFilesPerLayer],
    [`bin/${'a'.repeat(4000)}`, Math.floor(limits.ownedPathCharactersPerLayer / 4004)],
  ] as const) {
    const ownership = new Ownership();
    const files: string[] = [];
    for (let count = 0; count < kept; count++) ownership.add(files, path);
    assert.deepEqual([files.length, [...ownership.problems('db')]], [kept, []]);
    ownership.add(files, path);
    assert.equal(files.length, kept);
    assert.match(JSON.stringify([...ownership.problems('db')]), /names more than 100000 owned files/);
  }
});

test('ownable: omits overlong paths', () => {
  const files: string[] = [];
  const ownership = new Ownership();
  for (const name of ['a'.repeat(limits.pathBytes + 1), `bin/${'./'.repeat(limits.pathBytes / 2)}a`])
    ownership.add(files, name);
  assert.deepEqual([files, ownership.isFull], [[], false]);
});

test('ownable: counts the written characters of a name that has redundant parts', () => {
  const ownership = new Ownership();
  const files: string[] = [];
  const directory = `bin/${'./'.repeat(2000)}`;
  const kept = Math.floor(limits.ownedPathCharactersPerLayer / (directory.length + 1));
  for (let count = 0; count <= kept; count++) ownership.add(files, `${directory}a`);
  assert.deepEqual([files.length, files[0], ownership.isFull], [kept, 'bin/a', true]);
});
