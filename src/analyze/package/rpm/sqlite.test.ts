import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SqliteEngine, type WrittenDatabase, writeSqlite } from '../../../testing/sqlite-writer.ts';
import { readPackagesTable } from './packages-table.ts';
import { SqliteDatabase } from './sqlite.ts';
import { isSqlite, openPages } from './sqlite-pages.ts';

function write(
  journal: 'wal' | 'delete',
  pageSize: number,
  work: (engine: SqliteEngine) => void,
): WrittenDatabase {
  return writeSqlite(journal, pageSize, (engine) => {
    engine.exec(
      'create table Other(x); create table Packages(hnum integer primary key autoincrement, blob blob not null)',
    );
    work(engine);
  });
}

function insert(engine: SqliteEngine, values: readonly Uint8Array[]): void {
  const statement = engine.prepare('insert into Packages(blob) values (?)');
  for (const value of values) statement.run(value);
}

/** Returns rows by length and digest: comparing megabytes byte by byte makes a failing test run for minutes. */
function rowsOf({ file, log }: WrittenDatabase): string[] {
  return [...readPackagesTable(file, log)].map((blob) => (typeof blob === 'string' ? blob : rowOf(blob)));
}

function rowOf(blob: Uint8Array): string {
  return `${blob.length} ${hash('sha256', blob)}`;
}

const some = [Buffer.alloc(10, 1), Buffer.alloc(600, 2), Buffer.alloc(100_000, 3)];

test('sqlite: reads rows of any length and number, over interior and overflow pages', () => {
  const lengths = fc.array(fc.oneof(fc.nat(600), fc.nat(20_000)), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(lengths, fc.constantFrom(512, 4096, 65536), (all, pageSize) => {
      const values = all.map((length, index) => Buffer.alloc(length, index));
      const written = write('delete', pageSize, (engine) => {
        insert(engine, values);
      });
      assert.ok(isSqlite(written.file));
      assert.deepEqual(rowsOf(written), values.map(rowOf));
    }),
    { numRuns: 12 },
  );
});

test('sqlite: applies the committed part of the write-ahead log', () => {
  const written = write('wal', 4096, (engine) => {
    insert(engine, some.slice(0, 1));
    engine.exec('pragma wal_checkpoint(truncate)');
    insert(engine, some.slice(1));
    // With a cache of one page the engine writes to the log before it commits, which it never does here.
    engine.exec('pragma cache_size=1; begin; delete from Packages');
    insert(engine, some);
  });
  assert.deepEqual(rowsOf(written), some.map(rowOf));
  assert.deepEqual(rowsOf({ ...written, log: undefined }), some.slice(0, 1).map(rowOf));
  assert.deepEqual(rowsOf({ ...written, log: Buffer.alloc(0) }), some.slice(0, 1).map(rowOf));
});

test('sqlite: ignores frames of an earlier run of the log', () => {
  const written = write('wal', 4096, (engine) => {
    insert(engine, some);
    engine.exec('pragma wal_checkpoint(restart)');
    engine.exec('delete from Packages where hnum = 1');
  });
  assert.deepEqual(rowsOf(written), some.slice(1).map(rowOf));
});

test('sqlite: reads the state of the last complete commit from a log that is cut anywhere', () => {
  const values = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')];
  const { file, log = Buffer.alloc(0) } = write('wal', 4096, (engine) => {
    engine.exec('pragma wal_checkpoint(truncate)');
    insert(engine, values);
  });
  const counts: number[] = [];
  for (let end = 0; end < log.length + 1000; end += 1000) {
    const rows = rowsOf({ file, log: log.subarray(0, end) });
    assert.deepEqual(rows, values.slice(0, rows.length).map(rowOf));
    counts.push(rows.length);
  }
  assert.deepEqual([...new Set(counts)], [0, 1, 2, 3]);
  assert.deepEqual(counts, counts.toSorted());
});

test('sqlite: ends the log at a frame with a wrong checksum, as SQLite does', () => {
  const { file, log = Buffer.alloc(0) } = write('wal', 4096, (engine) => {
    insert(engine, some);
  });
  assert.equal(rowsOf({ file, log }).length, 3);
  const lastFrame = log.length - 4096 - 24;
  assert.equal(rowsOf({ file, log: set(log, lastFrame + 24 + 4000, 0xaa) }).length, 2);
});

test('sqlite: reads a log of the other byte order, and ignores one of another database', () => {
  const { file, log = Buffer.alloc(0) } = write('wal', 4096, (engine) => {
    engine.exec('pragma wal_checkpoint(truncate)');
    insert(engine, some);
  });
  const rows = (magic: number, pageSize: number): string[] =>
    rowsOf({ file, log: withChecksums(log, magic, pageSize) });
  assert.deepEqual(rows(0x377f0682, 4096), some.map(rowOf));
  assert.deepEqual(rows(0x377f0683, 4096), some.map(rowOf));
  assert.deepEqual(rows(0x377f0685, 4096), []);
  assert.deepEqual(rows(0x377f0683, 1024), []);
  for (const place of [24, 28])
    assert.deepEqual(rowsOf({ file, log: set(log, place, (log[place] ?? 0) ^ 1) }), []);
});

/**
 * Returns a log with another magic number and page size in its header, and matching checksums (fileformat.html, section
 * 4.2).
 */
function withChecksums(log: Buffer, magic: number, pageSize: number): Buffer {
  const copy = Buffer.from(log);
  copy.writeUInt32BE(magic, 0);
  copy.writeUInt32BE(pageSize, 8);
  let [s0, s1] = [0, 0];
  const add = (from: number, to: number): void => {
    for (let place = from; place < to; place += 8) {
      const [x0, x1] = [place, place + 4].map((at) =>
        magic & 1 ? copy.readUInt32BE(at) : copy.readUInt32LE(at),
      );
      s0 = (s0 + (x0 ?? 0) + s1) >>> 0;
      s1 = (s1 + (x1 ?? 0) + s0) >>> 0;
    }
  };
  const store = (place: number): void => {
    copy.writeUInt32BE(s0, place);
    copy.writeUInt32BE(s1, place + 4);
  };
  add(0, 24);
  store(24);
  for (let frame = 32; frame < copy.length; frame += 24 + 4096) {
    add(frame, frame + 8);
    add(frame + 24, frame + 24 + 4096);
    store(frame + 16);
  }
  return copy;
}

test('sqlite: reads databases from before SQLite 3.7, without the number of pages', () => {
  const written = write('delete', 512, (engine) => {
    insert(engine, some);
  });
  written.file.writeUInt32BE(0, 28);
  assert.deepEqual(rowsOf(written), some.map(rowOf));
});

test('sqlite: numbers pages from 1, and reads only complete ones', () => {
  const { file } = write('delete', 512, () => undefined);
  const pages = openPages(file.subarray(0, -1), undefined);
  assert.ok(typeof pages === 'object');
  const found = Array.from({ length: pages.count + 1 }, (_, number) => pages.page(number)?.length);
  assert.deepEqual(found, [undefined, ...Array.from({ length: pages.count - 1 }, () => 512), undefined]);
});

test('sqlite: requires 480 used bytes of a page', () => {
  const { file } = write('delete', 512, () => undefined);
  assert.deepEqual([...readPackagesTable(set(file, 20, 32), undefined)], []);
  assert.deepEqual(
    [...readPackagesTable(set(file, 20, 33), undefined)],
    ['reserves an impossible part of its pages'],
  );
});

test('sqlite: reports damage', () => {
  const { file } = write('delete', 512, (engine) => {
    insert(engine, some);
  });
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [file.subarray(0, 50), /cut off within its header/],
    [file.subarray(0, -512), /is cut off: not all of its (\d+) pages are there; page \1 is missing/],
    [set(file, 17, 3), /impossible page size/],
    [set(file, 20, 100), /reserves an impossible part/],
    [set(file, 19, 7), /unknown file format 7/],
    [set(file, 100, 2), /page 1 is not part of a table/],
    [
      Buffer.from(file.toString('latin1').replace('Packages', 'Packaged'), 'latin1'),
      /has a table Packages in another form than rpm creates/,
    ],
  ];
  for (const [bytes, problem] of cases) {
    assert.match(
      [...readPackagesTable(bytes, undefined)].filter((blob) => typeof blob === 'string').join('; '),
      problem,
    );
  }
});

test('sqlite: finds columns by name, and reads values of every kind', () => {
  const statement = `create table t(
    "id" integer primary key, -- the key, not kept in the row
    /* a remark (with brackets, and a comma) */
    n numeric(10, 2), t text check (t <> ',') , b blob, foreign key(n) references u(n))`;
  const row = fc.tuple(
    fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }), fc.constant(null)),
    fc.option(fc.string({ unit: 'grapheme-ascii' }).filter((text) => text !== ',')),
    fc.option(fc.uint8Array()),
  );
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
      const { file, log } = writeSqlite('delete', 512, (engine) => {
        engine.exec(`${statement}; create index i on t(n); create table long(n /* ${'x'.repeat(16_384)} */)`);
        const insertion = engine.prepare('insert into t(n, t, b) values (?, ?, ?)');
        for (const values of rows) insertion.run(...values);
      });
      const database = SqliteDatabase.open(file, log);
      assert.ok(database instanceof SqliteDatabase);
      const read = [...(database.rows('t', ['b', 'n', 'id', 't']) ?? [])];
      const plain = (bytes: unknown) => (bytes instanceof Uint8Array ? [...bytes] : bytes);
      assert.deepEqual(
        read.map((values) => Array.from(values, plain)),
        rows.map(([n, t, b], index) => [plain(b), n, index + 1, t]),
      );
      assert.deepEqual(
        ['t', 'i', 'long'].map((name) => database.has(name)),
        [true, false, false],
      );
      assert.equal(database.rows('t', ['c']), undefined);
      assert.equal(database.rows('u', ['b']), undefined);
    }),
    { numRuns: 10 },
  );
});

test('sqlite: reads a tree of circular pages once, and cuts an endless schema', () => {
  const { file } = write('delete', 512, () => undefined);
  const pages = 50;
  const tree = Buffer.concat([file.subarray(0, 512), Buffer.alloc(512 * (pages - 1))]);
  tree.writeUInt32BE(pages, 28);
  for (let number = 1; number <= pages; number++) {
    const start = (number - 1) * 512 + (number === 1 ? 100 : 0);
    const children = 10;
    tree[start] = 5;
    tree.writeUInt16BE(children, start + 3);
    for (let child = 0; child < children; child++) {
      const cell = 500 - 4 * child;
      tree.writeUInt16BE(cell, start + 12 + 2 * child);
      tree.writeUInt32BE(1 + ((number * 7 + child) % pages), number * 512 - 512 + cell);
    }
  }
  const problems = [...readPackagesTable(tree, undefined)].filter((blob) => typeof blob === 'string');
  assert.match(problems.join('; '), /used twice/);
  assert.ok(problems.length < pages * 12);
  assert.match(
    [...readPackagesTable(schemaOfEmptyRows(), undefined)].join('; '),
    /a schema of more than 10000 entries/,
  );
});

/** Returns a schema with thousands of rows, all of which are the same two bytes. */
function schemaOfEmptyRows(): Buffer {
  const { file } = write('delete', 65536, () => undefined);
  const bytes = Buffer.from(file.subarray(0, 65536));
  const rows = 32000;
  bytes[100] = 13;
  bytes.writeUInt16BE(rows, 103);
  for (let row = 0; row < rows; row++) bytes.writeUInt16BE(65530, 108 + 2 * row);
  bytes.fill(0, 65530);
  return bytes;
}

function set(file: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy[offset] = value;
  return copy;
}
