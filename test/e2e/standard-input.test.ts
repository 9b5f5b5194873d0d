import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Report } from '../../src/model/report.ts';
import { buildImage, dockerArchive, ociArchive } from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, inCheckout } from './clair.ts';

const layer = tar([
  { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\n' },
  { path: 'lib/apk/db/installed', content: 'P:zlib\nV:1.3.1-r0\nA:x86_64\no:zlib\n\n' },
]);
const image = buildImage({ steps: [{ tar: layer }], tags: ['app:1'] });
const memory = ['--db', ':memory:'];

function listed(target: string, input: Uint8Array, ...args: string[]): Report {
  const run = clair(['sbom', target, '--format', 'json', ...memory, ...args], {}, input);
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Report;
}

test('reads an image in any format and compression from standard input when the target is -', () => {
  for (const [kind, bytes] of [
    ['docker-archive', dockerArchive(image)],
    ['docker-archive', gzipSync(dockerArchive(image))],
    ['docker-archive', zstdCompressSync(dockerArchive(image))],
    ['oci-archive', ociArchive(image)],
    ['oci-archive', gzipSync(ociArchive(image))],
    ['rootfs-tar', layer],
    ['rootfs-tar', gzipSync(layer)],
  ] as const) {
    const { target, packages, layers } = listed('-', bytes);
    assert.deepEqual([target.reference, target.kind], ['-', kind]);
    assert.deepEqual(
      packages.map(({ name }) => name),
      ['zlib'],
    );
    assert.equal(layers[0]?.diffId, image.layers[0]?.diffId, 'it is hashed');
    if (kind === 'rootfs-tar') continue;
    assert.equal(listed(`${kind}:-`, bytes).target.reference, `${kind}:-`);
  }
});

test('reads an SBOM from standard input when the target is -', () => {
  const sbom = clair(['sbom', inCheckout('examples/image.tar'), '--format', 'cyclonedx', ...memory]).stdout;
  const { target, packages } = listed('-', Buffer.from(sbom));
  assert.deepEqual([target.reference, target.kind, packages.length], ['-', 'sbom', 10]);
});

test('writes the same bytes and leaves no file when an image is piped twice', (t) => {
  const directory = temporaryDirectory(t);
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary);
  const db = join(directory, 'clair.db');
  const scan = (): string => {
    const args = ['scan', '-', '--format', 'json', '--offline', '--db', db];
    const run = clair(args, { TMPDIR: temporary }, dockerArchive(image));
    assert.doesNotMatch(run.stderr, /cannot|bug/);
    return run.stdout;
  };
  const first = scan();
  assert.equal(scan(), first);
  assert.ok(!first.includes('/proc/') && !first.includes(temporary), 'no temporary path is in the report');
  assert.deepEqual(readdirSync(temporary), []);
});

test('names standard input when what is piped is damaged, empty or another kind', () => {
  const failure = (target: string, input: Uint8Array | string): string => {
    const run = clair(['scan', target, ...memory, '--offline'], {}, Buffer.from(input));
    assert.equal(run.status, 3, run.stderr);
    return run.stderr;
  };
  assert.match(failure('-', 'noise'.repeat(1000)), /^clair: standard input is not a readable tar archive: /);
  assert.match(failure('-', ''), /^clair: standard input is empty: did the command before it fail\?\n$/);
  assert.match(
    failure('oci-archive:-', dockerArchive(image)),
    /^clair: standard input has the format docker-archive, not oci-archive/,
  );
  assert.match(failure('-', layer.subarray(0, 1500)), /^clair: .*standard input.*\n$/);
  assert.match(failure('-', '{"no": "sbom"}'), /^clair: standard input is not a supported SBOM/);
});

test('requires a pipe when standard input is a terminal', { skip: hasNoScript() }, () => {
  const command = `"${inCheckout('bin/clair')}" scan - ${memory.join(' ')}`;
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', input: '' });
  assert.match(
    stdout,
    /standard input is a terminal: pipe an image into it, as in docker save IMAGE \| clair scan -/,
  );
});

function hasNoScript(): string | false {
  return (
    spawnSync('script', ['--version']).status !== 0 && 'NOT TESTED: there is no script(1) to make a terminal'
  );
}

test('names the directory for standard input when it is full', {
  skip: !isMountable() && 'NOT TESTED: only root can mount a small file system',
}, (t) => {
  const small = join(temporaryDirectory(t), 'small');
  mkdirSync(small);
  assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]).status, 0);
  try {
    const big = tar([{ path: 'big', content: 'x'.repeat(200_000) }]);
    const { status, stderr } = clair(['scan', '-', ...memory], { TMPDIR: small }, big);
    assert.equal(status, 3);
    assert.equal(
      stderr,
      `clair: standard input cannot be stored in ${small}: No space left on device (ENOSPC); set TMPDIR to a directory with enough free space\n`,
    );
    assert.deepEqual(readdirSync(small), []);
  } finally {
    spawnSync('umount', [small]);
  }
});

function isMountable(): boolean {
  return process.getuid?.() === 0 && readFileSync('/proc/filesystems', 'utf8').includes('tmpfs');
}

test('refuses standard input for both sides of a comparison', () => {
  const { status, stderr } = clair(['diff', '-', '-', ...memory, '--offline'], {}, dockerArchive(image));
  assert.equal(status, 2);
  assert.match(stderr, /standard input can be read once: name a file for one of the targets/);
});
