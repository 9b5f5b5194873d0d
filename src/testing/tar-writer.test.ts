import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { base256, tar } from './tar-writer.ts';

/** Returns what tar(1) lists: mode, size, name, and the target of links. */
function listed(archive: Uint8Array): string[] {
  const { stdout, status, stderr } = spawnSync('tar', ['--list', '--verbose', '--file=-'], {
    input: archive,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  assert.equal(status, 0, stderr.toString());
  const lines = stdout.toString().trimEnd().split('\n');
  return lines.map((line) => line.replace(/^(\S+) \S+ +(\d+) \S+ \S+ (.*)$/, '$1 $2 $3'));
}

const long = `${'directory/'.repeat(20)}file`;

test('writes archives that tar(1) reads, with every encoding of long names', () => {
  const archive = tar([
    { path: 'etc/' },
    { path: 'etc/hostname', content: 'host\n', mode: 0o600 },
    { path: 'etc/link', target: '../hostname' },
    { path: 'etc/twin', type: 'hardlink', target: 'etc/hostname' },
    { path: 'pipe', type: 'fifo' },
    { path: long, content: '1', longNames: 'pax' },
    { path: long, content: '22', longNames: 'gnu' },
    { path: long, content: '333', longNames: 'ustar' },
    { path: 'far', target: long, longNames: 'gnu' },
    { path: 'named.otherwise', content: '4444', pax: { path: 'naïve' } },
    { path: 'big', raw: { size: base256(5) }, content: '55555' },
  ]);
  assert.deepEqual(listed(archive), [
    'drwxr-xr-x 0 etc/',
    '-rw------- 5 etc/hostname',
    'lrw-r--r-- 0 etc/link -> ../hostname',
    'hrw-r--r-- 0 etc/twin link to etc/hostname',
    'prw-r--r-- 0 pipe',
    `-rw-r--r-- 1 ${long}`,
    `-rw-r--r-- 2 ${long}`,
    `-rw-r--r-- 3 ${long}`,
    `lrw-r--r-- 0 far -> ${long}`,
    '-rw-r--r-- 4 na\\303\\257ve',
    '-rw-r--r-- 5 big',
  ]);
});

test('writes raw header fields', () => {
  const archive = tar([{ path: 'file', raw: { checksum: '0000000\0' } }]);
  assert.throws(() => listed(archive), /This does not look like a tar archive/);
});
