import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSqlite } from './sqlite.ts';
import { isSqlite } from './sqlite-pages.ts';

interface Written {
  readonly file: Buffer;
  readonly log: Buffer | undefined;
}

type Engine = InstanceType<NonNullable<typeof sqlite>['DatabaseSync']>;

/** SQLite itself writes what is read here. It is asked for at run time because only the store may import it. */
const sqlite = process.getBuiltinModule('node:sqlite');

function write(journal: 'wal' | 'delete', pageSize: number, work: (engine: Engine) => void): Written {
  const directory = mkdtempSync(join(tmpdir(), 'rpmdb-'));
  const path = join(directory, 'rpmdb.sqlite');
  const engine = new sqlite.DatabaseSync(path);
  try {
    engine.exec(`pragma page_size=${pageSize}; pragma journal_mode=${journal}; pragma wal_autocheckpoint=0;`);
    engine.exec(
      'create table Other(x); create table Packages(hnum integer primary key autoincrement, blob blob not null)',
    );
    work(engine);
    return { file: readFileSync(path), log: journal === 'wal' ? readFileSync(`${path}-wal`) : undefined };
  } finally {
    engine.close();
    rmSync(directory, { recursive: true });
  }
}

function insert(engine: Engine, values: readonly Uint8Array[]): void {
  const statement = engine.prepare('insert into Packages(blob) values (?)');
  for (const value of values) statement.run(value);
}

/** Rows by length and digest: comparing megabytes byte by byte makes a failing test run for minutes. */
function rowsOf({ file, log }: Written): string[] {
  return [...readSqlite(file, log)].map((blob) => (typeof blob === 'string' ? blob : rowOf(blob)));
}

function rowOf(blob: Uint8Array): string {
  return `${blob.length} ${hash('sha256', blob)}`;
}

const some = [Buffer.alloc(10, 1), Buffer.alloc(600, 2), Buffer.alloc(100_000, 3)];

test('sqlite: rows of any length and number come back, over interior and overflow pages', () => {
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

test('sqlite: the write-ahead log is part of the database, as far as it was committed', () => {
  const written = write('wal', 4096, (engine) => {
    insert(engine, some.slice(0, 1));
    engine.exec('pragma wal_checkpoint(truncate)');
    insert(engine, some.slice(1));
    // A cache of one page makes the engine write to the log before it commits, which here it never does.
    engine.exec('pragma cache_size=1; begin; delete from Packages');
    insert(engine, some);
  });
  assert.deepEqual(rowsOf(written), some.map(rowOf));
  assert.deepEqual(rowsOf({ ...written, log: undefined }), some.slice(0, 1).map(rowOf));
  assert.deepEqual(rowsOf({ ...written, log: Buffer.alloc(0) }), some.slice(0, 1).map(rowOf));
});

test('sqlite: frames of a former round of the log do not count', () => {
  const written = write('wal', 4096, (engine) => {
    insert(engine, some);
    engine.exec('pragma wal_checkpoint(restart)');
    engine.exec('delete from Packages where hnum = 1');
  });
  assert.deepEqual(rowsOf(written), some.slice(1).map(rowOf));
});

test('sqlite: a log cut anywhere gives the state of the last whole commit', () => {
  const { file, log = Buffer.alloc(0) } = write('wal', 4096, (engine) => {
    engine.exec('pragma wal_checkpoint(truncate)');
    insert(engine, [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')]);
  });
  const counts: number[] = [];
  for (let end = 0; end < log.length + 1000; end += 1000) {
    counts.push(rowsOf({ file, log: log.subarray(0, end) }).length);
  }
  assert.deepEqual([...new Set(counts)], [0, 1, 2, 3]);
  assert.deepEqual(counts, counts.toSorted());
});

test('sqlite: as for SQLite itself, the log ends at a frame that does not fit its checksum', () => {
  const { file, log = Buffer.alloc(0) } = write('wal', 4096, (engine) => {
    insert(engine, some);
  });
  assert.equal(rowsOf({ file, log }).length, 3);
  const lastFrame = log.length - 4096 - 24;
  assert.equal(rowsOf({ file, log: set(log, lastFrame + 24 + 4000, 0xaa) }).length, 2);
});

test('sqlite: damage is told', () => {
  const { file } = write('delete', 512, (engine) => {
    insert(engine, some);
  });
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [file.subarray(0, 50), /cut off within its header/],
    [file.subarray(0, -512), /is cut off: not all of its \d+ pages/],
    [set(file, 17, 3), /impossible page size/],
    [set(file, 20, 100), /reserves an impossible part/],
    [set(file, 19, 7), /unknown file format 7/],
    [set(file, 100, 2), /page 1 is no part of a table/],
    [Buffer.from(file.toString('latin1').replace('Packages', 'Packaged'), 'latin1'), /has no table Packages/],
  ];
  for (const [bytes, problem] of cases) {
    assert.match(
      [...readSqlite(bytes, undefined)].filter((blob) => typeof blob === 'string').join('; '),
      problem,
    );
  }
});

function set(file: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy[offset] = value;
  return copy;
}
