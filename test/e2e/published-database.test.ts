import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { blobPath, findDatabase } from '../../src/advisory-db/layout.ts';
import type { Report } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { clair, clairBeside, type Run } from './clair.ts';
import { databases, writeSystem } from './listed-system.ts';
import { corpusMirror } from './mirror.ts';
import { done, epoch, flipByte, fromPublished, image, mirror, place, publish } from './publication.ts';

const vendors = join(place, 'vendors.db');

publish('example');
done(clair(['db', 'update', 'alpine', 'kev', '--mirror', mirror, '--db', vendors]));

for (const [command, args] of [
  ['scan', ['scan', image, '--no-lookups', '--format', 'json']],
  ['vex', ['vex', image, '--no-lookups', '--author', 'Example Ltd']],
  ['explain of a finding', ['explain', image, 'CVE-2024-31449', '--format', 'json']],
  ['explain of an unknown id', ['explain', image, 'CVE-1999-0001', '--format', 'json']],
  ['diff', ['diff', image, image, '--no-lookups', '--format', 'json']],
] as const)
  test(`writes the same bytes from published advisories as from the vendors': ${command}`, () => {
    const expected = done(clair([...args, '--offline', '--db', join(place, 'example.db')], epoch));
    const run = fromPublished('example', args);
    assert.equal(done(run), expected);
    assert.match(
      run.stderr,
      /^clair: the advisories in \S+example are not signed: make sure that only you can write there/,
    );
  });

test('fetches lists of ratings only for an image with findings, and states them in any case', () => {
  const system = join(place, 'without findings');
  const packages = [{ name: 'zlib', version: '1.3.1-r1', arch: 'x86_64' }];
  writeSystem(system, { ID: 'alpine', VERSION_ID: '3.20.0' }, databases.apk(packages));
  const shards = join(place, 'cache of lists/clair/shards');
  for (const [target, count] of [
    [`dir:${system}`, 1],
    [image, 2],
  ] as const) {
    const args = ['scan', target, '--no-lookups', '--format', 'json'];
    const expected = done(clair([...args, '--offline', '--db', join(place, 'example.db')], epoch));
    assert.match(expected, /"source": "kev"/);
    assert.equal(done(fromPublished('example', args, 'cache of lists')), expected);
    assert.equal(readdirSync(shards).length, count);
  }
});

test('reports that a feed does not exist at its origin, as with the feeds of the vendors', () => {
  const system = join(place, 'without a feed');
  const packages = [{ name: 'zlib', version: '1.2.11-r1', arch: 'x86_64' }];
  writeSystem(system, { ID: 'alpine', VERSION_ID: '3.9.0' }, databases.apk(packages));
  const args = ['scan', `dir:${system}`, '--no-lookups', '--format', 'json'];
  const expected = clair([...args, '--offline', '--db', join(place, 'example.db')], epoch);
  assert.equal(expected.status, 4);
  assert.match(expected.stdout, /does not exist at the origin of the advisories/);
  assert.equal(fromPublished('example', args).stdout, expected.stdout);
});

test('lists the same affected images from published advisories', () => {
  const [own, other] = [join(place, 'affected own.db'), join(place, 'affected other.db')];
  cpSync(join(place, 'example.db'), own);
  done(clair(['scan', image, '--offline', '--db', own]));
  // Without advisories, the image is saved and not assessed.
  assert.equal(clair(['scan', image, '--offline', '--db', other]).status, 4);
  const affected = (...options: string[]): string =>
    done(clair(['affected', 'CVE-2024-31449', '--format', 'json', ...options]));
  const expected = affected('--db', own);
  assert.match(expected, /"images": 1/);
  assert.equal(affected('--db', other, '--from', join(place, 'example')), expected);
  assert.equal(clair(['affected', 'CVE-2024-31449', '--db', other]).status, 2);
});

test('writes the same files when the advisories have not changed, and a new version of the catalogue', () => {
  const directory = join(place, 'again');
  cpSync(join(place, 'example'), directory, { recursive: true });
  const blobs = (): string[] => readdirSync(join(directory, 'blobs/sha256'));
  const before = blobs();
  const output = done(clair(['db', 'build', directory, '--db', join(place, 'example.db')]));
  assert.match(output, /: version 2, 2 namespaces \(0 new, 0 changed, 2 as before, 0 refused\), /);
  // A manifest and a catalogue.
  assert.equal(blobs().length, before.length + 2);
  assert.deepEqual(readdirSync(directory).sort(), ['blobs', 'index.json', 'oci-layout']);
});

/** Writes an Alpine feed with vulnerabilities of these numbers. */
function writeFeed(directory: string, numbers: readonly number[]): void {
  const file = join(directory, 'secdb.alpinelinux.org/v3.20/main.json');
  const names = numbers.map((number) => `CVE-2026-${number}`);
  const packages = [{ pkg: { name: 'busybox', secfixes: { '9.9.9-r0': names } } }];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ distroversion: 'v3.20', reponame: 'main', packages }));
}

const numbersFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i);

/** Returns the ids of the findings of the example image. */
function idsFrom(name: string, cache?: string): string[] {
  const { matches } = JSON.parse(
    done(fromPublished(name, ['scan', image, '--format', 'json'], cache)),
  ) as Report;
  return [...new Set(matches.map(({ vulnerability }) => vulnerability.id))].sort();
}

test('keeps the published content of a namespace that shrank or lost known vulnerabilities, until accepted', () => {
  const feeds = join(place, 'shrinking feeds');
  writeFeed(feeds, numbersFrom(1000, 40));
  publish('shrinking', feeds, ['alpine']);
  const again = (numbers: readonly number[], ...options: string[]): Run => {
    writeFeed(feeds, numbers);
    const database = join(place, 'shrinking.db');
    done(clair(['db', 'update', 'alpine', '--accept-shrunk', '--mirror', feeds, '--db', database]));
    return clair(['db', 'build', join(place, 'shrinking'), '--db', database, ...options]);
  };
  const shrunk = again(numbersFrom(1000, 19));
  assert.equal(shrunk.status, 3);
  assert.match(
    shrunk.stdout,
    /^alpine:v3\.20 was not published: it has 19 records, and the published one has 40; accept it with --accept-shrunk$/m,
  );
  assert.equal(idsFrom('shrinking').length, 40);
  const replaced = again(numbersFrom(2000, 60));
  assert.equal(replaced.status, 3);
  assert.match(
    replaced.stdout,
    /was not published: it lacks CVE-2026-1000, CVE-2026-1004, CVE-2026-1008 of 10 known/,
  );
  assert.equal(idsFrom('shrinking').length, 40);
  done(again(numbersFrom(2000, 60), '--accept-shrunk'));
  assert.deepEqual(idsFrom('shrinking')[0], 'CVE-2026-2000');
});

test('publishes changed advisories, and pins a version by its digest', () => {
  const feeds = join(place, 'changing feeds');
  writeFeed(feeds, numbersFrom(1000, 40));
  const first = publish('changing', feeds, ['alpine']);
  writeFeed(feeds, numbersFrom(1000, 41));
  const second = publish('changing', feeds, ['alpine']);
  assert.notEqual(first, second);
  assert.equal(idsFrom('changing').length, 41);
  assert.equal(idsFrom(`changing@${first}`).length, 40);
  const pinned = fromPublished(`changing@${second}`, ['scan', image]);
  assert.equal(pinned.stderr, '');
  const unknown = fromPublished(`changing@sha256:${'0'.repeat(64)}`, ['scan', image]);
  assert.equal(unknown.status, 4);
  assert.match(unknown.stderr, /has no database with the digest sha256:0{64}: copy it again/);
});

/** Returns a copy of the example after a change of the file of its advisories. */
function withShard(name: string, change: (blob: string) => void): string {
  const directory = join(place, name);
  cpSync(join(place, 'example'), directory, { recursive: true });
  const { blob } = findDatabase(directory)?.catalogue.shards['alpine:v3.20'] ?? assert.fail();
  change(blobPath(directory, blob.digest));
  return name;
}

for (const [fault, change, message] of [
  [
    'is cut off',
    (blob: string) => {
      truncateSync(blob, 1000);
    },
    /it has 1000 bytes instead of \d+/,
  ],
  [
    'is missing',
    (blob: string) => {
      rmSync(blob);
    },
    /cannot be read: No such file or directory/,
  ],
  ['has other bytes', flipByte, /its digest is sha256:[0-9a-f]{64} instead of sha256:/],
] as const)
  test(`refuses a published namespace whose file ${fault}, and keeps nothing of it`, () => {
    const name = withShard(`example that ${fault}`, change);
    const run = fromPublished(name, ['scan', image], 'damaged cache');
    assert.equal(run.status, 4, run.stdout);
    assert.match(run.stderr, /^clair: the published database is damaged at /);
    assert.match(run.stderr, message);
    assert.match(
      run.stdout,
      /the feed alpine v3\.20\/main could not be fetched: the published database is damaged at/,
    );
    assert.ok(!existsSync(join(place, 'damaged cache/clair/shards')));
    const verified = clair(['db', 'verify', join(place, name)]);
    assert.equal(verified.status, 3);
    assert.match(verified.stdout, /^1 of 2 namespaces are sound, not signed$/m);
  });

test('says what to do when the directory has no published database', () => {
  const none = fromPublished('nowhere', ['scan', image]);
  assert.equal(none.status, 2);
  assert.match(none.stderr, /--from names \S+nowhere, and there is no such directory/);
  mkdirSync(join(place, 'without'));
  const empty = fromPublished('without', ['scan', image]);
  assert.equal(empty.status, 4);
  assert.match(
    empty.stderr,
    /has no published database: it has no file index\.json; make one with clair db build/,
  );
  for (const [content, message] of [
    ['{', /the published database is damaged at \S+index\.json: it /],
    ['x'.repeat(17 * 1024 * 1024), /the published database is damaged at \S+index\.json: it /],
    ['{"manifests":[]}', /index\.json lists no database of the form 1/],
  ] as const) {
    writeFileSync(join(place, 'without/index.json'), content);
    const damaged = fromPublished('without', ['scan', image]);
    assert.equal(damaged.status, 4, damaged.stderr);
    assert.match(damaged.stderr, message);
  }
});

test('assesses nothing without network when the namespace is not published', () => {
  const feeds = join(place, 'other feeds');
  mkdirSync(join(feeds, 'secdb.alpinelinux.org'), { recursive: true });
  cpSync(join(mirror, 'secdb.alpinelinux.org/v3.20'), join(feeds, 'secdb.alpinelinux.org/v3.19'), {
    recursive: true,
  });
  for (const name of readdirSync(join(feeds, 'secdb.alpinelinux.org/v3.19'))) {
    const path = join(feeds, 'secdb.alpinelinux.org/v3.19', name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('v3.20', 'v3.19'));
  }
  publish('other', feeds, ['alpine']);
  const run = fromPublished('other', ['scan', image, '--fail-on', 'high', '--format', 'json']);
  assert.equal(run.status, 4, run.stderr);
  const { verdict, coverage } = JSON.parse(run.stdout) as Report;
  assert.deepEqual([verdict, coverage[0]?.status], ['not-assessed', 'missing']);
  // With a mirror, the advisories of that namespace come from there.
  const mirrored = clair([
    'scan',
    image,
    '--mirror',
    mirror,
    '--db',
    join(place, 'mirrored.db'),
    '--from',
    join(place, 'other'),
    '--format',
    'json',
  ]);
  assert.equal((JSON.parse(done(mirrored)) as Report).matches.length, 13);
});

test('refuses a time in the past together with published advisories', () => {
  const run = fromPublished('example', ['scan', image, '--as-of', '2026-01-01']);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /a published database has no history: leave out --from, or leave out --as-of/);
});

test('unpacks a namespace once when several processes need it', async () => {
  const env = { XDG_CACHE_HOME: join(place, 'shared cache') };
  const args = [
    'scan',
    image,
    '--offline',
    '--db',
    join(place, 'shared.db'),
    '--from',
    join(place, 'example'),
    '--verbose',
  ];
  const runs = await Promise.all([1, 2, 3].map(() => clairBeside(args, env)));
  for (const run of runs) done(run);
  assert.equal(new Set(runs.map(({ stdout }) => stdout)).size, 1);
  assert.equal(readdirSync(join(place, 'shared cache/clair/shards')).length, 2);
});

test('fetches, verifies and lists published namespaces', () => {
  const env = { XDG_CACHE_HOME: join(place, 'fetched cache') };
  const from = ['--from', join(place, 'example'), '--db', join(place, 'fetched.db')];
  const status = (): string => done(clair(['db', 'status', ...from], env));
  assert.match(status(), /^alpine:v3\.20 +\d+ +0\.\d\d MB +\S+ +\d{4}-\d\d-\d\d +no$/m);
  assert.match(done(clair(['db', 'fetch', 'alpine:v3.20', ...from], env)), /^1 namespace is in the cache/);
  assert.match(status(), /^alpine:v3\.20 .* yes$/m);
  const unknown = clair(['db', 'fetch', 'debian:12', ...from], env);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /nothing is published for debian:12; there are alpine:v3\.20, kev/);
  assert.match(
    done(clair(['db', 'verify', join(place, 'example')])),
    /^2 of 2 namespaces are sound, not signed\nsha256:/,
  );
});

test('names the file when a shard in the cache is damaged', () => {
  const cache = 'broken cache';
  done(fromPublished('example', ['scan', image], cache));
  const shards = join(place, cache, 'clair/shards');
  for (const name of readdirSync(shards))
    writeFileSync(join(shards, name), Buffer.alloc(readFileSync(join(shards, name)).length, 7));
  const run = fromPublished('example', ['scan', image], cache);
  assert.equal(run.status, 3);
  assert.match(
    run.stderr,
    /the advisories of alpine:v3\.20 in .+\.db cannot be used: .*; delete the file, and it is fetched again/,
  );
});

const isMountable =
  process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

test('keeps nothing and names the file when the disk of the cache or of the publisher is full', {
  skip: !isMountable && 'NOT TESTED: only root can mount a small file system',
}, () => {
  const small = join(place, 'small');
  mkdirSync(small);
  assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', small]).status, 0);
  try {
    const run = fromPublished('example', ['scan', image], 'small');
    assert.equal(run.status, 3, run.stdout);
    assert.match(run.stderr, /^clair: \S+\.db cannot be written: No space left on device \(ENOSPC\)$/m);
    assert.deepEqual(readdirSync(join(small, 'clair/shards')), []);
    const built = clair(['db', 'build', join(small, 'published'), '--db', join(place, 'example.db')]);
    assert.equal(built.status, 3, built.stdout);
    assert.deepEqual(readdirSync(join(small, 'published')), []);
  } finally {
    spawnSync('umount', [small]);
  }
});

corpusTest('writes the same reports of real images from published advisories', () => {
  const sources = ['alpine', 'alma', 'kev'];
  const database = join(place, 'corpus.db');
  publish('corpus', corpusMirror(), sources);
  for (const name of ['alpine-minirootfs-3.20.3-x86_64.tar.gz', 'almalinux-8-20230523-s390x-micro.tar.xz']) {
    const args = ['scan', corpus(`images/${name}`), '--no-lookups', '--format', 'json'];
    const expected = done(clair([...args, '--offline', '--db', database]));
    assert.ok((JSON.parse(expected) as Report).matches.length > 0, name);
    assert.equal(done(fromPublished('corpus', args)), expected);
  }
});
