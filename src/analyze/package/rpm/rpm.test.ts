import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ListedPackage } from '../../../model/package.ts';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { writeBdb, writeNdb, writeRpmHeader, writeRpmPackage } from '../../../testing/rpm-writer.ts';
import { rpmLister } from './rpm.ts';

function read(path: string, content: Uint8Array): { packages: ListedPackage[]; problems: string[] } {
  const listed = [...rpmLister.list(new Map([[path, content]]))];
  return {
    packages: listed.flatMap((item) => (item.kind === 'package' ? [item.package] : [])),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

/**
 * Returns name, epoch, version, release, architecture, source package, module and vendor, as `rpm -qa` printed them.
 */
function expectedOf(directory: string): string[] {
  const lines = readFileSync(`${directory}/expected.tsv`, 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [name = '', epoch, version, release, arch, source, modularity, vendor] = line.split('\t');
    const evr = `${epoch === '0' || epoch === '(none)' ? '' : `${epoch}:`}${version}-${release}`;
    return [name, evr, arch, source, modularity, vendor].map((field) => field || '(none)').join(' ');
  });
}

function rowOf({ name, version, arch, source, modularity, vendor }: ListedPackage): string {
  const sourceRpm = source === undefined ? undefined : `${source.name}-${source.version}.src.rpm`;
  return [name, version, arch, sourceRpm, modularity, vendor].map((field) => field ?? '(none)').join(' ');
}

function databases(): string[] {
  return globSync(corpus('pkgdb/rpmdb/**/{Packages,Packages.db,rpmdb.sqlite}')).sort();
}

const path = 'var/lib/rpm/Packages';
const noTable = 'claircore-no-packages';

corpusTest('rpm: lists what rpm lists for every database of the corpus', () => {
  for (const file of databases()) {
    const { packages, problems } = read(`var/lib/rpm/${basename(file)}`, readFileSync(file));
    const expected = expectedOf(dirname(file)).filter((row) => !row.startsWith('gpg-pubkey '));
    assert.deepEqual(packages.map(rowOf).sort(), expected.sort(), file);
    assert.deepEqual(problems, file.includes(noTable) ? ['has no table Packages'] : [], file);
  }
  assert.ok(databases().length > 25);
});

corpusTest('rpm: reports a problem and never throws for a database that is cut anywhere', () => {
  for (const file of databases()) {
    const content = readFileSync(file);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: content.length - 1 }), (length) => {
        assert.notDeepEqual(read('var/lib/rpm/Packages', content.subarray(0, length)).problems, []);
      }),
      { numRuns: 10 },
    );
  }
});

corpusTest('rpm: never throws for flipped bytes, nor lists without end', () => {
  for (const file of databases()) {
    const content = readFileSync(file);
    if (content.length > 600_000) continue;
    // Where the structure is: at the beginnings of the file and of its pages.
    const place = fc
      .tuple(fc.nat(Math.floor(content.length / 4096) - 1), fc.oneof(fc.nat(120), fc.nat(4095)))
      .map(([page, offset]) => page * 4096 + offset);
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 8 }), (flips) => {
        const damaged = Uint8Array.from(content);
        for (const [offset, value] of flips) damaged[offset] = value;
        assert.ok(read(path, damaged).packages.length < 1000);
      }),
      { numRuns: 30 },
    );
  }
});

corpusTest('rpm: never loses a package of a damaged Berkeley DB silently', () => {
  for (const file of databases().filter((name) => basename(name) === 'Packages')) {
    const content = readFileSync(file);
    const whole = read(path, content).packages.length;
    fc.assert(
      fc.property(fc.nat(content.length / 4096 - 1), fc.nat(25), fc.nat(255), (page, offset, value) => {
        const damaged = Uint8Array.from(content);
        damaged[page * 4096 + offset] = value;
        const { packages, problems } = read(path, damaged);
        assert.ok(packages.length === whole || problems.length > 0);
      }),
      { numRuns: 30 },
    );
  }
});

test('rpm: recognises the format by content, not by the file name', () => {
  const header = writeRpmPackage('bash');
  for (const content of [writeBdb([header]), writeNdb([header])]) {
    for (const place of [path, 'usr/lib/sysimage/rpm/Packages.db', 'usr/share/rpm/rpmdb.sqlite']) {
      assert.deepEqual(read(place, content).packages, [
        { type: 'rpm', name: 'bash', version: '1.0-1', arch: 'noarch', requires: [] },
      ]);
    }
  }
});

test('rpm: omits a zero epoch, and prepends another one to the version', () => {
  const headers = [writeRpmPackage('a', [[1003, 0]]), writeRpmPackage('b', [[1003, 2]])];
  assert.deepEqual(
    read(path, writeBdb(headers)).packages.map(({ version }) => version),
    ['1.0-1', '2:1.0-1'],
  );
});

test('rpm: reads the source from the file name of the source package', () => {
  const sources = [
    'util-linux-2.32.1-42.el8_8.src.rpm',
    'a-b-1-2.nosrc.rpm',
    '(none)',
    'odd.src.rpm',
    'a b-1-2.src.rpm',
  ];
  const headers = sources.map((source, index) => writeRpmPackage(`p${index}`, [[1044, source]]));
  assert.deepEqual(
    read(path, writeNdb(headers)).packages.map(({ source }) => source),
    [
      { name: 'util-linux', version: '2.32.1-42.el8_8' },
      { name: 'a-b', version: '1-2' },
      undefined,
      undefined,
      undefined,
    ],
  );
});

test('rpm: omits an invalid architecture', () => {
  const odd = writeRpmPackage('a', [[1022, 'x 86']]);
  assert.deepEqual(read(path, writeNdb([odd])).packages, [
    { type: 'rpm', name: 'a', version: '1.0-1', requires: [] },
  ]);
});

test('rpm: ignores keys, and reports a header without a name or version', () => {
  const headers = [
    writeRpmHeader([
      [1000, 'gpg-pubkey'],
      [1001, 'fd431d51'],
      [1002, '4ae0493b'],
    ]),
    writeRpmHeader([
      [1001, '1'],
      [1002, '1'],
    ]),
    writeRpmHeader([
      [1000, 'a'],
      [1001, '1'],
    ]),
    writeRpmHeader([
      [1000, 'a b'],
      [1001, '1'],
      [1002, '1'],
    ]),
    Buffer.from('x'),
    writeRpmPackage('bash'),
  ];
  const { packages, problems } = read(path, writeNdb(headers));
  assert.deepEqual(
    packages.map(({ name }) => name),
    ['bash'],
  );
  assert.deepEqual(problems, [
    'a header has no valid name: ""',
    'package a has no valid version and release',
    'a header has no valid name: "a b"',
    'a header is too short',
  ]);
});

test('rpm: sanitizes vendor and licence, and reports an invalid module', () => {
  const odd = writeRpmPackage('odd', [
    [1011, 'A\u001b[31mcme\r\n'],
    [1014, 'MIT\tor\u0085later'],
  ]);
  const [item] = read(path, writeBdb([odd])).packages;
  assert.deepEqual([item?.vendor, item?.licence], ['A [31mcme ', 'MIT or later']);
  const long = read(
    'var/lib/rpm/Packages.db',
    writeNdb([writeRpmPackage('long', [[1011, 'v'.repeat(20_000)]])]),
  );
  assert.deepEqual([long.packages[0]?.vendor?.length, long.problems], [4096, []]);
  const { packages, problems } = read(path, writeBdb([writeRpmPackage('x', [[5096, 'nodejs\n18']])]));
  assert.deepEqual([packages, problems], [[], ['package x has an impossible module "nodejs\\n18"']]);
});

test('rpm: reports what is not a database', () => {
  assert.match(read(path, Buffer.alloc(8192)).problems.join(), /^is not an rpm database of a known format/);
});

test('rpm: reports a write-ahead log whose database is missing or empty', () => {
  const database = 'usr/share/rpm/rpmdb.sqlite';
  const log = `${database}-wal`;
  const alone = [{ kind: 'problem', path: log, problem: 'is a write-ahead log without its database' }];
  assert.deepEqual([...rpmLister.list(new Map([[log, Buffer.alloc(32)]]))], alone);
  const empty = [database, Buffer.alloc(0)] as const;
  assert.deepEqual([...rpmLister.list(new Map([empty, [log, Buffer.alloc(32)]]))], alone);
  assert.deepEqual([...rpmLister.list(new Map([empty, [log, Buffer.alloc(0)]]))], []);
});

test('rpm: reads a database with its write-ahead log, unless that is empty', () => {
  const database = 'usr/share/rpm/rpmdb.sqlite';
  const log = `${database}-wal`;
  const readWith = (content: Uint8Array): string[] =>
    [
      ...rpmLister.list(
        new Map([
          [database, Buffer.from('x')],
          [log, content],
        ]),
      ),
    ].flatMap((event) => (event.kind === 'read-with' ? [event.readWith] : []));
  assert.deepEqual(readWith(Buffer.alloc(32)), [log]);
  assert.deepEqual(readWith(Buffer.alloc(0)), []);
});

test('rpm: reports no damage of an empty file, which a tool creates in images of other distributions', () => {
  for (const place of rpmLister.wants)
    assert.deepEqual(read(place, Buffer.alloc(0)), { packages: [], problems: [] }, place);
});

test('rpm: reads the manifest of Azure Linux instead of a database', () => {
  const manifest = 'var/lib/rpmmanifest/container-manifest-2';
  const line = (name: string, epoch: string): string =>
    `${name}\t1.1.1k-15.cm2\t1\t2\tMicrosoft Corporation\t(none)\t3\tx86_64\t${epoch}\topenssl-1.1.1k-15.cm2.src.rpm\n`;
  const { packages, problems } = read(
    manifest,
    Buffer.from(
      `${line('openssl-libs', '0')}${line('gpg-pubkey', '0')}${line('b', '2')}a\tb\n\n${line('c', 'x')}`,
    ),
  );
  assert.deepEqual(packages[0], {
    type: 'rpm',
    name: 'openssl-libs',
    version: '1.1.1k-15.cm2',
    arch: 'x86_64',
    source: { name: 'openssl', version: '1.1.1k-15.cm2' },
    vendor: 'Microsoft Corporation',
  });
  assert.equal(packages[1]?.version, '2:1.1.1k-15.cm2');
  assert.equal(packages.length, 2);
  assert.deepEqual(problems, ['line 4 does not have 10 fields', 'package "c" has an unreadable epoch']);
  assert.deepEqual(
    read(manifest, Buffer.from(line('openssl-libs', '0').replace('\n', '\r\n'))).packages,
    packages.slice(0, 1),
  );
  assert.match(read(manifest, Buffer.from('\n')).problems.join(), /^holds no package/);
  const verbose = read(manifest, Buffer.from(line('bash', '0').replace('Microsoft', 'x'.repeat(9000))));
  assert.equal(verbose.packages[0]?.vendor?.length, 4096);
});
