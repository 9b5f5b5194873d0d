import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { clair, inCheckout, type Run, scratch } from './clair.ts';

const example = [inCheckout('examples/image.tar'), '--mirror', inCheckout('examples/mirror')];

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
}

/** Asserts one sentence on standard error, nothing on standard output, and no stack. */
function assertRefusal(run: Run, status: number, message: RegExp): void {
  assert.equal(run.status, status, run.stderr);
  assert.match(run.stderr, message);
  assert.doesNotMatch(run.stderr, /\n {4}at /);
  assert.equal(run.stdout, '');
}

test('prints the table of the README example without network', () => {
  const run = clair(['scan', ...example, '--db', ':memory:']);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /libcrypto3, libssl3 +3\.3\.1-r0 +CVE-2024-6119 +Medium +3\.3\.2-r0/);
  assert.match(run.stdout, /^13 findings, 13 fixable: 1 High, 6 Medium, 4 Low, 2 Unknown$/m);
  assert.equal(run.stderr, '');
});

test('sets the exit status from the findings and --fail-on', () => {
  const scan = (...args: string[]): number | null =>
    clair(['scan', ...example, '--db', ':memory:', ...args]).status;
  assert.equal(scan('--fail-on', 'unknown'), 1);
  assert.equal(scan('--fail-on', 'high'), 1);
  // No finding is Critical, but some have no severity, and the release is out of support.
  assert.equal(scan('--fail-on', 'critical'), 4);
  assert.equal(scan('--only-fixed'), 0);
  assert.equal(scan('--return-code', '9'), 9);
  assert.equal(scan('--return-code', '9', '--fail-on', 'high'), 1);
  assert.equal(scan('--return-code', '0', '--fail-on', 'critical'), 4);
  assert.equal(scan('--return-code', '9', '--platform', 'all'), 9);
  assert.equal(scan('--return-code', '256'), 2);
});

test('states with --quiet, too, why an image could not be assessed', () => {
  const scan = (...args: string[]): string =>
    clair(['scan', ...example, '--db', ':memory:', '-q', ...args]).stderr;
  assert.match(
    scan('--no-lookups', '--fail-on', 'high'),
    /^clair: not judged: .*13 findings have no severity\nclair: fetch ratings with clair db update nvd, or accept .*\n$/,
  );
  const nothing = clair(['scan', example[0] ?? '', '--offline', '--db', ':memory:', '-q']);
  assert.equal(nothing.status, 4);
  assert.match(nothing.stderr, /^clair: nothing in the image could be assessed/);
});

test('reports nothing as clean without advisories', () => {
  const run = clair(['scan', example[0] ?? '', '--offline', '--db', ':memory:', '--format', 'json']);
  assert.equal(run.status, 4);
  const { verdict, coverage } = JSON.parse(run.stdout) as {
    verdict: string;
    coverage: { status: string; reason: string }[];
  };
  assert.equal(verdict, 'not-assessed');
  assert.equal(coverage[0]?.status, 'missing');
  assert.match(coverage[0].reason, /the feed alpine v3\.20\/main was never loaded/);
  assert.equal(
    clair(['scan', example[0] ?? '', '--offline', '--db', ':memory:', '--fail-on', 'critical']).status,
    4,
  );
});

test('does not assess an unknown distribution or an image without packages', () => {
  const image = (name: string, release: string): string =>
    file(
      name,
      tar([
        { path: 'etc/os-release', content: release },
        {
          path: 'var/lib/dpkg/status',
          content: 'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n',
        },
      ]),
    );
  const verdict = (path: string): unknown =>
    (
      JSON.parse(
        clair(['scan', `rootfs-tar:${path}`, '--offline', '--db', ':memory:', '--format', 'json']).stdout,
      ) as { verdict: unknown }
    ).verdict;
  assert.equal(verdict(image('odd.tar', 'ID=frobnix\nVERSION_ID=9\n')), 'not-assessed');
  assert.equal(verdict(image('none.tar', '')), 'not-assessed');
  assert.equal(verdict(file('bare.tar', tar([{ path: 'app', content: 'x' }]))), 'not-assessed');
});

test('reports a damaged package database, and the verdict is not clean', () => {
  const path = file(
    'damaged.tar',
    tar([
      { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="13"\n' },
      {
        path: 'var/lib/dpkg/status',
        content: `Package: a\nDescription: ${'x'.repeat(1_000_000)}\nMaintainer: J\u00f8rn\nStatus: install ok installed\nArchitecture: all\n\n`,
      },
    ]),
  );
  const run = clair(['scan', `rootfs-tar:${path}`, '--offline', '--db', ':memory:', '--format', 'json']);
  const { verdict, statuses } = JSON.parse(run.stdout) as {
    verdict: string;
    statuses: { status: string; files: { path: string; problem: string | null }[] }[];
  };
  assert.equal(verdict, 'not-assessed');
  assert.equal(statuses[0]?.files[0]?.path, 'var/lib/dpkg/status');
  assert.ok(statuses[0].files[0].problem);
  const asked = clair(['explain', `rootfs-tar:${path}`, 'CVE-2024-1', 'a', '--offline', '--db', ':memory:']);
  assert.match(
    asked.stdout,
    /^CVE-2024-1: not known\nnote +not known whether a is installed: var\/lib\/dpkg\/status is damaged: /,
  );
});

test('exits with 2 for wrong usage and states the correct one', () => {
  assertRefusal(clair(['scan']), 2, /missing required argument 'target'/);
  assertRefusal(clair(['scan', 'x', '--format', 'yaml']), 2, /Formats are table, json/);
  assertRefusal(
    clair(['scan', 'x', '--fail-on', 'awful']),
    2,
    /Write unknown, negligible, .*, kev, not-verified, stale, or epss:N/,
  );
  assertRefusal(clair(['frobnicate']), 2, /unknown command 'frobnicate'/);
  assertRefusal(
    clair(['db', 'update', 'no-such-source', '--db', ':memory:']),
    2,
    /no source no-such-source; there are debian, ubuntu, /,
  );
  assertRefusal(clair(['compare-versions', 'dpkg', '1']), 2, /takes a scheme and two versions/);
});

test('exits with 3 for unreadable input, and leaves no incomplete report when it stops midway', () => {
  assertRefusal(
    clair(['scan', '/nonexistent.tar', '--db', ':memory:']),
    3,
    /there is no file or directory \/nonexistent\.tar/,
  );
  assertRefusal(
    clair(['scan', file('noise.tar', 'noise'.repeat(1000)), '--db', ':memory:']),
    3,
    /is not a readable tar archive/,
  );
  const layer = tar([
    { path: 'loop', target: 'loop' },
    { path: 'a', content: 'x'.repeat(5000) },
  ]);
  assertRefusal(
    clair(['scan', `rootfs-tar:${file('cut.tar', layer.subarray(0, 2000))}`, '--db', ':memory:']),
    3,
    /cut short/,
  );
  assertRefusal(
    clair(['scan', ...example, '--db', file('not-a.db', 'this is no database at all'.repeat(100))]),
    3,
    /not-a\.db/,
  );
  const output = join(inCheckout('package.json'), 'report.json');
  assertRefusal(
    clair(['scan', ...example, '--db', ':memory:', '--output', output]),
    3,
    /report\.json cannot be written/,
  );
  assert.ok(!existsSync(output));
});

test('keeps the previous advisories when a feed is broken, and reports that', () => {
  const mirror = join(scratch, 'broken-mirror');
  const place = join(mirror, 'secdb.alpinelinux.org/v3.20');
  mkdirSync(place, { recursive: true });
  const good = readFileSync(inCheckout('examples/mirror/secdb.alpinelinux.org/v3.20/main.json'), 'utf8');
  writeFileSync(
    join(place, 'community.json'),
    readFileSync(inCheckout('examples/mirror/secdb.alpinelinux.org/v3.20/community.json')),
  );
  const db = join(scratch, 'broken.db');
  const update = (content: string): Run => {
    writeFileSync(join(place, 'main.json'), content);
    return clair(['db', 'update', 'alpine', '--mirror', mirror, '--db', db]);
  };
  assert.equal(update(good).status, 0);
  const before = clair(['scan', example[0] ?? '', '--offline', '--db', db]).stdout;
  const broken = update(good.slice(0, good.length / 2));
  assert.equal(broken.status, 3);
  assert.match(
    broken.stdout,
    /alpine v3\.20\/main +failed: the alpine feed v3\.20\/main from \S+ is damaged at byte \d+/,
  );
  assert.equal(clair(['scan', example[0] ?? '', '--offline', '--db', db]).stdout, before);
});

test('writes results to a file, and prints the layers', () => {
  const output = join(scratch, 'made', 'on the way', 'report.json');
  const run = clair(['scan', ...example, '--db', ':memory:', '--format', 'json', '--output', output]);
  assert.deepEqual([run.status, run.stdout, run.stderr], [0, '', '']);
  assert.equal((JSON.parse(readFileSync(output, 'utf8')) as { schemaVersion: number }).schemaVersion, 1);
  const dump = join(scratch, 'dump');
  const layers = clair(['layer', example[0] ?? '', '--dump', dump]);
  assert.match(layers.stdout, /^layer 0 {2}sha256:\S+ {2}\d+ bytes\n/);
  assert.match(readFileSync(join(dump, '0/etc/os-release'), 'utf8'), /ID=alpine/);
});

test('does not fail when the reader of its output closes early', () => {
  for (const line of ['--help', 'scan --help', `scan ${example.join(' ')} --db :memory:`]) {
    const script = `'${inCheckout('bin/clair')}' ${line} | exec true; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
});

test('names the directory in which to run npm ci when a checkout has no node_modules', (t) => {
  const checkout = realpathSync(temporaryDirectory(t));
  mkdirSync(join(checkout, 'bin'));
  copyFileSync(inCheckout('bin/clair'), join(checkout, 'bin/clair'));
  const run = spawnSync('sh', ['bin/clair', 'version'], { cwd: checkout, encoding: 'utf8' });
  assert.deepEqual([run.status, run.stderr], [2, `clair: run npm ci in ${checkout} first\n`]);
});
