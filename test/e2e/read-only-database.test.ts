import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { clair, inCheckout } from './clair.ts';
import { asOtherUser } from './other-user.ts';

const image = inCheckout('examples/image.tar');
const mirror = ['--mirror', inCheckout('examples/mirror')];

/** Creates a database with the advisories of the example in a directory that only root can write. */
function prebuilt(directory: string): string {
  const place = join(directory, 'prebuilt');
  mkdirSync(place);
  const db = join(place, 'ro.db');
  const run = clair(['db', 'update', 'alpine', ...mirror, '--db', db]);
  assert.equal(run.status, 0, run.stderr);
  chmodSync(db, 0o644);
  return db;
}

test('scans a read-only database with the same result and leaves no files', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const db = prebuilt(place.directory);
  const before = readFileSync(db);
  const writable = join(place.directory, 'copy.db');
  copyFileSync(db, writable);
  for (const format of ['json', 'table', 'sarif']) {
    const args = ['scan', image, '--offline', '--format', format, '--db'];
    const run = place.run(...args, db);
    assert.deepEqual([run.status, run.stderr], [0, '']);
    assert.equal(run.stdout, clair([...args, writable]).stdout);
  }
  const explained = place.run('explain', image, 'CVE-2024-6119', '--offline', '--db', db);
  assert.deepEqual([explained.status, explained.stderr], [0, '']);
  const same = place.run('diff', image, image, '--offline', '--db', db).stdout;
  assert.match(same, /Findings: 0 added, 0 removed, 13 unchanged/);
  assert.deepEqual(readFileSync(db), before);
  assert.deepEqual(readdirSync(join(place.directory, 'prebuilt')), ['ro.db']);
});

test('warns that advisories are not updated when the database is read-only and the network is enabled', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const db = prebuilt(place.directory);
  const { status, stdout, stderr } = place.run('scan', image, '--db', db, ...mirror);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /13 findings/);
  assert.equal(
    stderr,
    `clair: the database ${db} cannot be written: its advisories are used as they are, and nothing is kept\n`,
  );
});

test('queries, shows and publishes a read-only database', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const db = prebuilt(place.directory);
  assert.equal(clair(['scan', image, '--offline', '--db', db]).status, 0);
  const affected = place.run('affected', 'CVE-2024-6119', '--db', db);
  assert.equal(affected.status, 0, affected.stderr);
  assert.match(affected.stdout, /libcrypto3/);
  // The database has the image and its layers.
  const known = place.run('scan', image, '--offline', '--db', db);
  assert.match(known.stdout, /13 findings/);
  const status = place.run('db', 'status', '--db', db);
  assert.match(status.stdout, /size +(?:0\.[1-9]|1\.\d) MB/);
  assert.match(status.stdout, /alpine +2 +26 /);
  const published = place.run('db', 'build', join(place.directory, 'cache/published'), '--db', db);
  assert.equal(published.status, 0, published.stderr);
});

test('refuses to update a read-only database', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const db = prebuilt(place.directory);
  const update = place.run('db', 'update', 'alpine', ...mirror, '--db', db);
  assert.equal(update.status, 3);
  assert.match(update.stderr, /ro\.db cannot be used: it cannot be written: check the permissions/);
});

test('reads the write-ahead log of a running process when the database is read-only here', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const db = prebuilt(place.directory);
  using writer = new DatabaseSync(db);
  writer.exec("update feed set source = 'elsewhere'");
  chmodSync(`${db}-wal`, 0o644);
  chmodSync(`${db}-shm`, 0o644);
  assert.match(place.run('db', 'status', '--db', db).stdout, /elsewhere +2 +26 /);
});

test('names the earlier schema when a read-only database needs a migration', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const db = prebuilt(place.directory);
  const older = new DatabaseSync(db);
  older.exec('pragma user_version = 5');
  older.close();
  const { status, stderr } = place.run('scan', image, '--offline', '--db', db);
  assert.equal(status, 3);
  assert.match(
    stderr,
    /cannot be written, and has the tables of an earlier version \(5 instead of \d+\): run clair db update/,
  );
});

test('scans in memory with a warning when no cache directory can be used', (t) => {
  const place = asOtherUser(t);
  if (place === undefined) return;
  const env = { HOME: '/nonexistent', XDG_CACHE_HOME: undefined };
  const scan = place.runWith(env, 'scan', image, ...mirror);
  assert.equal(scan.status, 0, scan.stderr);
  assert.match(scan.stdout, /13 findings/);
  assert.equal(
    scan.stderr,
    'clair: the cache directory /nonexistent/.cache/clair cannot be used: Permission denied (EACCES); the database is in memory, and nothing is kept: name a database with --db, or a directory with XDG_CACHE_HOME\n',
  );
  const update = place.runWith(env, 'db', 'update', 'alpine', ...mirror);
  assert.equal(update.status, 3);
  assert.match(update.stderr, /name a database with --db, or a directory with XDG_CACHE_HOME/);
});

test('ends with a warning when a directory of the cache can never be created', {
  skip: process.platform !== 'linux',
}, () => {
  for (const cache of ['/proc/no-such-process', '/dev/null']) {
    const scan = clair(['scan', image, ...mirror], { XDG_CACHE_HOME: cache });
    assert.equal(scan.status, 0, scan.stderr);
    assert.match(scan.stdout, /13 findings/);
    assert.match(scan.stderr, /^clair: the cache directory .* cannot be used: .*; the database is in memory/);
  }
  const output = clair(['scan', image, ...mirror, '--output', '/proc/no-such-process/a/report.json']);
  assert.equal(output.status, 3);
  assert.match(output.stderr, /report\.json cannot be written: No such file or directory/);
});

test('runs for a user without an entry in passwd', (t) => {
  const place = asOtherUser(t, 54_321);
  if (place === undefined) return;
  const scan = place.runWith({ HOME: undefined, XDG_CACHE_HOME: undefined }, 'scan', image, ...mirror);
  assert.equal(scan.status, 0, scan.stderr);
  assert.match(scan.stderr, /^clair: the cache directory .* cannot be used: .*; the database is in memory/);
});
