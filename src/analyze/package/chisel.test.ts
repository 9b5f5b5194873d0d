import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import type { ListerEvent } from '../../plugin/package-lister.ts';
import { chiselLister } from './chisel.ts';

const path = 'var/lib/chisel/manifest.wall';

function list(content: Uint8Array): ListerEvent[] {
  return [...chiselLister.list(new Map([[path, content]]))];
}

function problemsOf(content: Uint8Array): string[] {
  return list(content).flatMap((item) => (item.kind === 'problem' ? [item.problem] : []));
}

/**
 * Returns a manifest as Chisel's documentation describes it: a header with the line count, then records sorted by kind.
 */
function wall(lines: readonly object[], head: object = {}): Buffer {
  const all = [{ jsonwall: '1.0', schema: '1.0', count: lines.length + 1, ...head }, ...lines];
  return zstdCompressSync(Buffer.from(all.map((line) => `${JSON.stringify(line)}\n`).join('')));
}

const openssl = {
  kind: 'package',
  name: 'openssl',
  version: '3.0.13-0ubuntu3.5',
  sha256: '00',
  arch: 'amd64',
};
const some = [
  { kind: 'content', slice: 'openssl_bins', path: '/usr/bin/openssl' },
  openssl,
  { kind: 'package', name: 'libc6', version: '2.39-0ubuntu8.4', sha256: '01', arch: 'amd64' },
  { kind: 'path', path: '/usr/bin/', mode: '0755', slices: ['libc6_bins', 'openssl_bins'] },
  {
    kind: 'path',
    path: '/usr/bin/openssl',
    mode: '0755',
    slices: ['openssl_bins'],
    sha256: 'ab',
    size: 1002832,
  },
  {
    kind: 'path',
    path: '/usr/bin/shared',
    mode: '0755',
    slices: ['openssl_bins', 'openssl_all', 'libc6_bins'],
  },
  { kind: 'path', path: '/usr/lib/libc.so.6', mode: '0755', slices: ['libc6_libs'] },
  { kind: 'slice', name: 'openssl_bins' },
];

test('chisel: lists binary packages without a source, and owned files by their slices', () => {
  assert.deepEqual(list(wall(some)), [
    {
      kind: 'package',
      path,
      package: { type: 'deb', name: 'openssl', version: '3.0.13-0ubuntu3.5', arch: 'amd64' },
    },
    {
      kind: 'package',
      path,
      package: { type: 'deb', name: 'libc6', version: '2.39-0ubuntu8.4', arch: 'amd64' },
    },
    { kind: 'owned-files', path, owner: 'openssl', files: ['usr/bin/openssl', 'usr/bin/shared'] },
    { kind: 'owned-files', path, owner: 'libc6', files: ['usr/bin/shared', 'usr/lib/libc.so.6'] },
  ]);
});

test('chisel: omits an invalid architecture', () => {
  const bare = { kind: 'package', path, package: { type: 'deb', name: 'a', version: '1' } };
  for (const more of [{}, { arch: 'x 86' }])
    assert.deepEqual(list(wall([{ kind: 'package', name: 'a', version: '1', ...more }])), [bare]);
});

test('chisel: reports damage, and lists the intact records', () => {
  const cut = wall(some).subarray(0, -10);
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [cut, /^cannot be decompressed/],
    [Buffer.from('{"jsonwall":"1.0"}'), /^cannot be decompressed/],
    [zstdCompressSync(Buffer.from('')), /^is not a Chisel manifest/],
    [zstdCompressSync(Buffer.from('[]\n')), /^is not a Chisel manifest/],
    [wall(some, { schema: '2.0' }), /^is not a Chisel manifest in the format 1\.0/],
    [wall(some, { jsonwall: '2.0' }), /^is not a Chisel manifest in the format 1\.0/],
    [wall(some, { count: 99 }), /^has 9 lines instead of 99/],
    [wall([{ kind: 'package', version: '1' }]), /^line 2 has an impossible package name/],
    [wall([{ kind: 'package', name: 'a', version: '1 2' }]), /^package a has an impossible version "1 2"/],
    [wall([{ kind: 'package', name: 7 }]), /^line 2 is not a record/],
    [wall([{ no: 'kind' }]), /^line 2 is not a record/],
  ];
  for (const [content, problem] of cases) assert.match(problemsOf(content).join('; '), problem);
  assert.equal(
    list(wall([openssl, { no: 'kind' }], { count: 9 })).filter((item) => item.kind === 'package').length,
    1,
  );
});

test('chisel: normalises the paths of owned files, and never leaves the image', () => {
  const paths = ['//usr//bin/./a', '/../usr/bin/../sbin/b', '/usr/bin/..'];
  const lines = paths.map((odd) => ({ kind: 'path', path: odd, slices: ['a_bins'] }));
  assert.deepEqual(list(wall(lines)), [
    { kind: 'owned-files', path, owner: 'a', files: ['usr/bin/a', 'usr/sbin/b', 'usr'] },
  ]);
});

test('chisel: ignores the files of an invalid package', () => {
  const line = { kind: 'path', path: '/usr/bin/a', slices: ['_bins', 'b c_bins', 'd_bins'] };
  assert.deepEqual(list(wall([line])), [{ kind: 'owned-files', path, owner: 'd', files: ['usr/bin/a'] }]);
});

test('chisel: reports no damage of an empty file', () => {
  assert.deepEqual(list(Buffer.alloc(0)), []);
});

test('chisel: reports a manifest that inflates to, or has lines of, excessive length', () => {
  const bomb = zstdCompressSync(Buffer.alloc(limits.chiselBytes + 1));
  assert.match(problemsOf(bomb).join(), /^cannot be decompressed/);
  const nested = wall([[[[[]]]], { kind: 'path', path: `/bin/${'a'.repeat(limits.chiselLineCharacters)}` }]);
  assert.deepEqual(problemsOf(nested), ['line 2 is not a record', 'line 3 is not a record']);
});
