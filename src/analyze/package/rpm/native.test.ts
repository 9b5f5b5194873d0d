import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type RpmTags, writeBdb, writeRpmHeader } from '../../../testing/rpm-writer.ts';
import {
  readBySqlite,
  type SqliteEngine,
  type WrittenDatabase,
  writeSqlite,
} from '../../../testing/sqlite-writer.ts';
import { readPackagesTable } from './packages-table.ts';
import { rpmLister } from './rpm.ts';

const byRpm = `CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)`;

function header(name: string, version: string, more: RpmTags = []): Buffer {
  return writeRpmHeader([[1000, name], [1001, version], [1002, '1'], [1022, 'x86_64'], ...more]);
}

const openssl = header('openssl', '1.0');
const decoy = header('bash', '5.1');

/** Returns blobs as text, and problems. */
function read({ file, log }: WrittenDatabase): { blobs: string[]; problems: string[] } {
  const all = [...readPackagesTable(file, log)];
  return {
    blobs: all.flatMap((blob) => (typeof blob === 'string' ? [] : [Buffer.from(blob).toString('hex')])),
    problems: all.filter((blob) => typeof blob === 'string'),
  };
}

/** Returns the blobs that SQLite itself reads, or undefined if it refuses the database. */
function bySqlite(written: WrittenDatabase): string[] | undefined {
  return readBySqlite(written, 'select blob from Packages')?.map((blob) =>
    blob instanceof Uint8Array ? Buffer.from(blob).toString('hex') : '',
  );
}

function table(statement: string, work: (engine: SqliteEngine) => void = fill): WrittenDatabase {
  return writeSqlite('delete', 4096, (engine) => {
    engine.exec(statement);
    work(engine);
  });
}

function fill(engine: SqliteEngine): void {
  engine.prepare('insert into Packages(hnum, blob) values (?, ?)').run(1, openssl);
}

suite('rpm: reads the table of rpm as SQLite does', () => {
  const statements = [
    byRpm,
    'create table Packages(hnum integer primary key, blob blob)',
    'CREATE TABLE "Packages"(\n\thnum INTEGER PRIMARY KEY,\n\tblob BLOB NOT NULL\n)',
    `${byRpm}; create table Name(key text, hnum integer, foreign key (hnum) references 'Packages'(hnum))`,
    `create table 'not_packages'(a); ${byRpm}`,
  ];
  for (const statement of statements)
    test(statement, () => {
      const written = table(statement);
      assert.deepEqual(read(written), { blobs: bySqlite(written), problems: [] });
    });
});

suite('rpm: refuses a table of another statement, with the reason', () => {
  const statements = [
    'create table Packages(hnum integer primary key, "blob x" blob, blob blob)',
    'create table Packages(hnum integer primary key, [blob x] blob, blob blob)',
    "create table Packages(hnum integer primary key, 'a', blob blob)",
    'create table Packages(hnum integer primary key, `a` blob, blob blob)',
    'create table Packages(hnum integer primary key /* , blob */, a blob, blob blob)',
    'create table Packages(hnum integer primary key, -- blob blob)\n a blob, blob blob)',
    'create table Packages(hnum integer primary key, g blob generated always as (1) virtual, blob blob)',
    'create table Packages(hnum integer primary key, g blob as (1), blob blob)',
    'create table Packages(hnum integer primary key, g blob as (1) stored, blob blob)',
    'create table Packages(hnum integer primary key, blob blob) without rowid',
    'create table Packages(hnum integer primary key desc, blob blob)',
    'create table Packages(blob blob, hnum integer primary key)',
    'create table packages(hnum integer primary key, blob blob)',
    'create table [Packages](hnum integer primary key, blob blob)',
    'create table Packages(hnum integer primary key, blob blob, constraint c unique (hnum))',
    'create table p(hnum integer primary key, blob blob); create view Packages as select * from p',
  ];
  for (const statement of statements)
    test(statement, () => {
      const written = table(statement, (engine) => {
        if (!statement.includes('view')) fill(engine);
      });
      assert.deepEqual(read(written), {
        blobs: [],
        problems: ['has a table Packages in another form than rpm creates; it was not read'],
      });
    });

  test('a schema in which the statements of two tables are exchanged', () => {
    const columns = '(hnum integer primary key, blob blob)';
    const { file } = table(`create table Unpacked${columns}; create table Packages${columns}`, (engine) => {
      engine.prepare('insert into Unpacked(blob) values (?)').run(openssl);
      engine.prepare('insert into Packages(blob) values (?)').run(decoy);
    });
    const exchanged = file
      .toString('latin1')
      .replace('TABLE Unpacked', 'TABLE packaged')
      .replace('TABLE Packages', 'TABLE Unpacked')
      .replace('TABLE packaged', 'TABLE Packages');
    assert.match(
      read({ file: Buffer.from(exchanged, 'latin1'), log: undefined }).problems.join('; '),
      /in another form than rpm creates/,
    );
  });

  test('a database whose texts are UTF-16', () => {
    const written = table(`pragma encoding = 'UTF-16le'; ${byRpm}`);
    assert.match(read(written).problems.join('; '), /not UTF-8/);
  });
});

suite('rpm: reads the write-ahead log as SQLite does', () => {
  const logged = writeSqlite('wal', 4096, (engine) => {
    engine.exec(`${byRpm}; pragma wal_checkpoint(truncate)`);
    engine.prepare('insert into Packages(blob) values (?)').run(decoy);
    fill2(engine);
  });
  function fill2(engine: SqliteEngine): void {
    engine.prepare('insert into Packages(blob) values (?)').run(openssl);
  }
  const whole = writeSqlite('wal', 4096, (engine) => {
    engine.exec(byRpm);
    fill2(engine);
  });
  const withBytes = (written: WrittenDatabase, ...bytes: (readonly [number, number])[]): WrittenDatabase => {
    const file = Buffer.from(written.file);
    for (const [place, byte] of bytes) file[place] = byte;
    return { ...written, file };
  };
  const forms: Readonly<Record<string, WrittenDatabase>> = {
    'a header of both versions 1': withBytes(logged, [18, 1], [19, 1]),
    'a header of read version 1': withBytes(logged, [19, 1]),
    'a header of write version 1': withBytes(logged, [18, 1]),
    'all pages in the log': whole,
    'all pages in the log, and a header of version 1': withBytes(whole, [18, 1], [19, 1]),
  };
  for (const [name, written] of Object.entries(forms))
    test(name, () => {
      assert.deepEqual(read(written), { blobs: bySqlite(written), problems: [] });
      assert.ok(read(written).blobs.includes(openssl.toString('hex')));
    });

  test('a file whose header says another page size than the log', () => {
    for (const pageSize of [0x02, 0x20]) {
      const written = withBytes(whole, [16, pageSize]);
      assert.deepEqual(read(written), { blobs: bySqlite(written), problems: [] });
      assert.notDeepEqual(read(written).blobs, []);
    }
  });

  test('reports a log of an unknown format, which SQLite refuses', () => {
    const log = Buffer.from(whole.log ?? Buffer.alloc(0));
    log.writeUInt32BE(3_007_001, 4);
    checksum(log);
    assert.equal(bySqlite({ ...whole, log }), undefined);
    assert.match(read({ ...whole, log }).problems.join('; '), /log of the unknown format 3007001/);
  });
});

/** Writes the checksum of the header of a log with little-endian integers. */
function checksum(log: Buffer): void {
  let [first, second] = [0, 0];
  const word = (place: number): number =>
    (log[3] ?? 0) & 1 ? log.readUInt32BE(place) : log.readUInt32LE(place);
  for (let place = 0; place < 24; place += 8) {
    first = (first + word(place) + second) >>> 0;
    second = (second + word(place + 4) + first) >>> 0;
  }
  log.writeUInt32BE(first, 24);
  log.writeUInt32BE(second, 28);
}

function problemsOf(files: Readonly<Record<string, Uint8Array>>): string[] {
  return [...rpmLister.list(new Map(Object.entries(files)))].flatMap((item) =>
    item.kind === 'problem' ? [`${item.path}: ${item.problem}`] : [],
  );
}

suite('rpm: reports a rollback journal of an unfinished transaction', () => {
  const { file } = table(byRpm);
  const head = Buffer.from('d9d505f920a163d7', 'hex');
  for (const directory of ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm']) {
    const database = `${directory}/rpmdb.sqlite`;
    test(`beside ${database}`, () => {
      const [problem = ''] = problemsOf({ [database]: file, [`${database}-journal`]: head });
      assert.match(problem, /rpmdb\.sqlite-journal: is the journal of a transaction that did not finish/);
    });
    test(`of ${database}, which is in another layer`, () => {
      assert.match(problemsOf({ [`${database}-journal`]: head }).join(), /did not finish/);
    });
    test(`and not a finished one, beside ${database}`, () => {
      for (const over of [Buffer.alloc(0), Buffer.alloc(512)])
        assert.deepEqual(problemsOf({ [database]: file, [`${database}-journal`]: over }), []);
    });
  }
});

suite('rpm: reports a tag that occurs twice in a header', () => {
  const tags: readonly (readonly [string, number, string | number])[] = [
    ['name', 1000, 'bash'],
    ['version', 1001, '9'],
    ['release', 1002, '9'],
    ['epoch', 1003, 9],
    ['arch', 1022, 'noarch'],
    ['sourcerpm', 1044, 'bash-9-9.src.rpm'],
    ['modularitylabel', 5096, 'a:1:1:1'],
  ];
  for (const [name, tag, value] of tags)
    test(name, () => {
      const once = header(
        'openssl',
        '1.0',
        tag === 1003 || tag === 1044 || tag === 5096 ? [[tag, value]] : [],
      );
      assert.deepEqual(problemsOf({ 'var/lib/rpm/Packages': writeBdb([once]) }), []);
      for (const more of [
        [[tag, value]],
        [
          [1009, 1],
          [tag, value],
          [tag, value],
        ],
      ] as readonly RpmTags[]) {
        const twice = header('openssl', '1.0', [[tag, value], ...more]);
        const problems = problemsOf({ 'var/lib/rpm/Packages': writeBdb([twice]) });
        assert.match(problems.join('; '), new RegExp(`has the tag ${name} more than once`));
      }
    });

  test('and not a tag that does not identify the package', () => {
    const twice = header('openssl', '1.0', [
      [1009, 1],
      [1009, 2],
      [1014, 'MIT'],
      [1014, 'GPL'],
    ]);
    assert.deepEqual(problemsOf({ 'var/lib/rpm/Packages': writeBdb([twice]) }), []);
  });
});
