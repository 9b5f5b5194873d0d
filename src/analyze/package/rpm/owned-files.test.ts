import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { corpus } from '../../../testing/corpus.ts';
import { outputOf, toolTest } from '../../../testing/native-tool.ts';
import { type RpmTags, writeNdb, writeRpmPackage } from '../../../testing/rpm-writer.ts';
import { isOwnable } from '../ownable.ts';
import { rpmLister } from './rpm.ts';

const path = 'var/lib/rpm/Packages';

function read(content: Uint8Array): { owned: string[]; problems: string[] } {
  const listed = [...rpmLister.list(new Map([[path, content]]))];
  return {
    owned: listed.flatMap((item) =>
      'files' in item ? item.files.map((file) => `${item.owner} ${file}`) : [],
    ),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

function ofPackage(tags: RpmTags): { owned: string[]; problems: string[] } {
  return read(writeNdb([writeRpmPackage('p', tags)]));
}

/** The backend of rpm that reads a database of this file name. */
const backends: Readonly<Record<string, 'bdb_ro' | 'ndb' | 'sqlite'>> = {
  Packages: 'bdb_ro',
  'Packages.db': 'ndb',
  'rpmdb.sqlite': 'sqlite',
};

/** Returns the backends that the rpm of this system lacks. It reads their databases as empty, with a warning. */
function missingBackends(directory: string): string[] {
  return Object.values(backends).filter((backend) => {
    const place = ['--dbpath', join(directory, backend), '--define', `_db_backend ${backend}`];
    return spawnSync('rpm', [...place, '--initdb'], { encoding: 'utf8' }).stderr.includes(
      'invalid %_db_backend',
    );
  });
}

toolTest(
  'rpm',
  'rpm: owns the files that rpm prints for every database of the corpus',
  (directory, context) => {
    const missing = missingBackends(directory);
    if (missing.length > 0) context.diagnostic(`the rpm of this system cannot judge ${missing.join(', ')}`);
    assert.ok(
      missing.every((backend) => backend === 'ndb'),
      'every rpm reads the other two',
    );
    const all = globSync(corpus('pkgdb/rpmdb/**/{Packages,Packages.db,rpmdb.sqlite}'));
    // Databases made from package lists have no files, and one has no table, so that rpm cannot open it.
    const databases = all.filter(
      (file) =>
        !/rebuilt|claircore-no-packages/.test(file) &&
        !missing.some((backend) => backend === backends[basename(file)]),
    );
    let count = 0;
    for (const [number, file] of databases.entries()) {
      const copy = join(directory, String(number));
      mkdirSync(copy);
      copyFileSync(file, join(copy, basename(file)));
      const format = '[%{=NAME} %{FILEFLAGS} %{FILENAMES}\n]';
      const lines = outputOf('rpm', ['--dbpath', copy, '-qa', '--nosignature', '--nodigest', '--qf', format])
        .split('\n')
        .filter(Boolean);
      const expected = lines.flatMap((line) => {
        const [, name = '', flags, whole = ''] = /^(\S+) (\d+) \/(.*)$/.exec(line) ?? [];
        return (Number(flags) & 64) === 0 && whole !== '' && isOwnable(whole) ? [`${name} ${whole}`] : [];
      });
      count += expected.length;
      assert.deepEqual(read(readFileSync(file)).owned.sort(), expected.sort(), file);
    }
    assert.ok(databases.length === 0 || count > 1000);
  },
);

test('rpm files: joins directories and base names, and omits ghosts and files that are not ownable', () => {
  const tags: RpmTags = [
    [1037, [0, 64, 0, 0, 0]],
    [1116, [0, 0, 1, 2, 1]],
    [1117, ['sh', 'ghost', 'a.jar', 'passwd', 'b.txt']],
    [1118, ['/usr/bin/', '/usr/share/java/', '/etc/']],
  ];
  assert.deepEqual(ofPackage(tags), { owned: ['p usr/bin/sh', 'p usr/share/java/a.jar'], problems: [] });
});

test('rpm files: reads the whole paths of rpm 3', () => {
  assert.deepEqual(ofPackage([[1027, ['/etc/passwd', '/bin/sh', 'opt/é.jar']]]), {
    owned: ['p bin/sh', 'p opt/é.jar'],
    problems: [],
  });
});

test('rpm files: reports a list that cannot be read, and lists the package', () => {
  const names: RpmTags[number] = [1117, ['a', 'b']];
  const directories: RpmTags[number] = [1118, ['/bin/']];
  const cases: readonly RpmTags[] = [
    [names],
    [names, directories],
    [names, directories, [1116, [0]]],
    [names, directories, [1116, [0, 1]]],
    [names, directories, [1116, [0, -1]]],
    [names, directories, [1116, ['0', '0']]],
  ];
  for (const tags of cases) {
    const listed = [...rpmLister.list(new Map([[path, writeNdb([writeRpmPackage('p', tags)])]]))];
    assert.ok(listed.some((item) => item.kind === 'package'));
    assert.deepEqual(ofPackage(tags).problems, ['package p has an unreadable list of files']);
  }
});

test('rpm files: reads any numbers in the index of a header quickly and without an error', () => {
  const header = writeRpmPackage('p', [
    [1116, [0, 0]],
    [1117, ['a', 'b.jar']],
    [1118, ['/bin/']],
  ]);
  const entries = header.readUInt32BE(0);
  const number = fc.oneof(fc.nat(200), fc.constantFrom(0xffffffff, 0x7fffffff, 0x80000000));
  const place = fc.tuple(fc.integer({ min: 4, max: entries - 1 }), fc.constantFrom(4, 8, 12));
  fc.assert(
    fc.property(fc.array(fc.tuple(place, number), { maxLength: 4 }), (changes) => {
      const damaged = Buffer.from(header);
      for (const [[entry, field], value] of changes) damaged.writeUInt32BE(value, 8 + 16 * entry + field);
      assert.ok(read(writeNdb([damaged])).owned.length <= 2);
    }),
  );
});

test('rpm files: reads the tags once that an index names in every entry', () => {
  const long = 'a'.repeat(4000);
  const tags = Array.from({ length: 60_000 }, () => [1000, 6, 0, 1] as const);
  const index = Buffer.from(Uint32Array.from(tags.flat()).buffer).swap32();
  const head = Buffer.alloc(8);
  head.writeUInt32BE(tags.length, 0);
  head.writeUInt32BE(long.length + 1, 4);
  const header = Buffer.concat([head, index, Buffer.from(`${long}\0`)]);
  const started = process.cpuUsage();
  read(writeNdb(Array.from({ length: 100 }, () => header)));
  // Reading the text for each entry would copy 24 gigabytes.
  assert.ok(process.cpuUsage(started).user < 2_000_000);
});
