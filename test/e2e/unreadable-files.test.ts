import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, inCheckout, type Run } from './clair.ts';
import { asOtherUser } from './other-user.ts';

/** Copies a file or directory so that only root can read it. */
function locked(directory: string, name: string, from: string): string {
  const path = join(directory, name);
  cpSync(from, path, { recursive: true });
  chmodSync(path, 0);
  return path;
}

function assertDenied({ status, stderr, stdout }: Run, path: string, exit = 3): void {
  assert.equal(status, exit, stderr);
  assert.ok(stderr.includes(`${path} cannot be read: Permission denied (EACCES)`), stderr);
  assert.doesNotMatch(stderr, /a bug of ours|\n {4}at /);
  assert.equal(stdout, '');
}

const image = inCheckout('examples/image.tar');
const advisories = ['--mirror', inCheckout('examples/mirror'), '--db', ':memory:'];

test('names an unreadable image, report or SBOM with exit status 3, not as an internal error', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const { directory, run } = place;
  const archive = locked(directory, 'noperm.tar', image);
  const report = locked(directory, 'noperm.json', image);
  const folder = locked(directory, 'noperm', inCheckout('examples/mirror'));
  for (const target of [
    archive,
    `docker-archive:${archive}`,
    `rootfs-tar:${archive}`,
    report,
    join(folder, 'x.tar'),
  ])
    assertDenied(run('scan', target, ...advisories), target.replace(/^[a-z-]+:/, ''));
  assertDenied(run('scan', `sbom:${report}`, ...advisories), report);
  assertDenied(run('sbom', archive, '--db', ':memory:'), archive);
  assertDenied(run('layer', archive), archive);
  assertDenied(run('explain', archive, 'CVE-2024-6119', ...advisories), archive);
  assertDenied(run('diff', archive, image, ...advisories), archive);
  assertDenied(run('diff', image, report, ...advisories), report);
  assertDenied(run('scan', image, '--new-since', report, ...advisories), report);
  const root = run('scan', `dir:${folder}`, ...advisories);
  assert.equal(root.status, 3, root.stderr);
  assert.match(root.stderr, /noperm\/\S+ cannot be read: Permission denied \(EACCES\)/);
});

test('names an unreadable index or blob of an OCI layout with exit status 3', async (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const { directory, run } = place;
  const layout = join(directory, 'layout');
  const built = buildImage({ steps: [{ tar: tar([{ path: 'etc/os-release', content: 'ID=alpine\n' }]) }] });
  await writeFiles(layout, ociFiles([built]));
  for (const name of ['oci-layout', 'index.json']) {
    chmodSync(join(layout, name), 0);
    assertDenied(run('scan', `oci:${layout}`, ...advisories), join(layout, name));
    chmodSync(join(layout, name), 0o644);
  }
  const blobs = join(layout, 'blobs/sha256');
  chmodSync(blobs, 0);
  const { status, stderr } = run('scan', `oci:${layout}`, ...advisories);
  assert.equal(status, 3, stderr);
  assert.match(stderr, /blobs\/sha256\/[\da-f]{64} cannot be read: Permission denied \(EACCES\)/);
});

test('names an unreadable file of rules, VEX, template or configuration', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const { directory, run } = place;
  const file = locked(directory, 'file.json', image);
  assertDenied(run('scan', image, '--ignore', file, ...advisories), file, 2);
  assertDenied(run('scan', image, '--vex', file, ...advisories), file, 2);
  assertDenied(run('config', 'check', '--config', file), file, 2);
  const template = run('scan', image, '--format', `template=${file}`, ...advisories);
  assert.equal(template.status, 2);
  assert.match(template.stderr, /The template cannot be used: Permission denied \(EACCES\)/);
});

test('names an unwritable path with exit status 3', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const { directory, run } = place;
  const report = run('scan', image, '--output', join(directory, 'r.json'), ...advisories);
  assert.equal(report.status, 3);
  assert.match(report.stderr, /r\.json cannot be written: Permission denied \(EACCES\)/);
  const dump = run('layer', image, '--dump', join(directory, 'dump'));
  assert.equal(dump.status, 3);
  assert.match(dump.stderr, /files cannot be written below .*dump.*: Permission denied \(EACCES\)/);
});

test('names circular links and a path through a file with exit status 3', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'clair-unreadable-'));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const link = join(directory, 'loop.tar');
  symlinkSync(link, link);
  writeFileSync(join(directory, 'file'), '');
  const loop = clair(['scan', link, ...advisories]);
  assert.equal(loop.status, 3);
  assert.match(loop.stderr, /loop\.tar cannot be read: Too many levels of symbolic links \(ELOOP\)/);
  const long = clair(['scan', join(directory, 'x'.repeat(300)), ...advisories]);
  assert.equal(long.status, 3);
  assert.match(long.stderr, /x cannot be read: File name too long \(ENAMETOOLONG\)/);
  const through = clair(['scan', join(directory, 'file/x.tar'), ...advisories]);
  assert.equal(through.status, 3);
  assert.match(through.stderr, /there is no file or directory .*file\/x\.tar/);
});

test('ends with exit status 3 when standard output is full, not as an internal error', () => {
  const line = `"${inCheckout('bin/clair')}" scan "${image}" --mirror "${inCheckout('examples/mirror')}" --db :memory: >/dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  assert.equal(status, 3, stderr);
  assert.match(stderr, /standard output cannot be written: No space left on device \(ENOSPC\)/);
});
