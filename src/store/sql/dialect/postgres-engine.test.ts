import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import { ClairError } from '../../../core/errors.ts';
import { temporarySchema } from '../../../testing/store-engines.ts';
import {
  addOneTo,
  createNumbers,
  numbersTable,
  openPostgresAt,
  sumOfNumbers,
} from '../../contract/numbers-table.ts';
import { query } from '../../contract/postgres-schemas.ts';
import type { Value } from '../bulk-writer.ts';
import type { Engine, EngineConnection } from '../engine.ts';
import type { Tables } from '../schema.ts';
import { openPostgresEngine } from './postgres-engine.ts';
import { parsePostgresSource } from './postgres-source.ts';

/** Opens an engine on an empty schema; `settings` are added to the connection string. */
async function open(context: TestContext, settings: Record<string, string> = {}): Promise<Engine> {
  return await openPostgresAt(context, await temporarySchema(context), settings);
}

test('reads without waiting for writers', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  await engine.write(async (db) => {
    await addOneTo(db, 1);
    assert.equal(await sumOfNumbers(engine.db), 0);
  });
  assert.equal(await sumOfNumbers(engine.db), 1);
});

test('retries a write that the server rolled back because of a conflict', async (t) => {
  const engine = await open(t, { deadlock_timeout: '20' });
  await createNumbers(engine);
  let runs = 0;
  const haveBoth = Promise.withResolvers<undefined>();
  const write = (a: number, b: number): Promise<void> =>
    engine.write(async (db) => {
      await addOneTo(db, a);
      if (++runs === 2) haveBoth.resolve(undefined);
      await haveBoth.promise;
      await addOneTo(db, b);
    }, 'own rows');
  await Promise.all([write(1, 2), write(2, 1)]);
  // On a busy machine they may conflict more than once.
  assert.ok(runs >= 3, String(runs));
  assert.equal(await sumOfNumbers(engine.db), 4);
});

test('retries a write whose connection is lost before the commit', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  let runs = 0;
  await engine.write(async (db) => {
    await addOneTo(db, 1);
    if (++runs < 3) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
  });
  assert.equal(runs, 3);
  assert.equal(await sumOfNumbers(engine.db), 1);
});

test('does not retry a write whose connection is lost during the commit', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  await sql`create function cut() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`.execute(engine.db);
  await sql`create constraint trigger cut after update on numbers initially deferred
    for each row execute function cut()`.execute(engine.db);
  let runs = 0;
  const write = engine.write(async (db) => {
    runs++;
    await addOneTo(db, 1);
  });
  await assertUnusable(
    write,
    /the connection was lost during a commit, whose outcome is unknown: try again$/,
  );
  assert.equal(runs, 1);
  assert.equal(await sumOfNumbers(engine.db), 0);
});

test('retries nothing in a session, and works again afterwards', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  let runs = 0;
  const session = engine.session(async (connection) => {
    await connection.write(async (db) => {
      runs++;
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
    });
  });
  await assertUnusable(session, /the server is shutting down/);
  assert.equal(runs, 1);
  assert.equal(await sumOfNumbers(engine.db), 0);
});

test('drops temporary tables at the end of their session', async (t) => {
  const engine = await open(t);
  for (let i = 0; i < 3; i++)
    await engine.session(({ db }) =>
      sql`create temporary table passing (a bigint) ${engine.types.staging}`.execute(db),
    );
  const { rows } = await sql`select from pg_class where relname = 'passing'`.execute(engine.db);
  assert.equal(rows.length, 0);
});

test('writes all of a session or nothing', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const failing = engine.session(async (session) => {
    await session.write((db) => addOneTo(db, 1));
    throw new Error('the download broke off');
  });
  await assert.rejects(failing, /the download broke off/);
  assert.equal(await sumOfNumbers(engine.db), 0);
  await engine.session(async (session) => {
    await assert.rejects(
      session.write(async (db) => {
        await addOneTo(db, 1);
        throw new Error('refused');
      }),
      /refused/,
    );
    await session.write((db) => addOneTo(db, 2));
  });
  assert.equal(await sumOfNumbers(engine.db), 1);
});

test('does not take a rolled back transaction for a committed one', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const swallow = async (db: Kysely<Tables>): Promise<void> => {
    await addOneTo(db, 1);
    await assert.rejects(sql`select 1 / 0`.execute(db));
  };
  await assert.rejects(engine.write(swallow), /the transaction was rolled back/);
  await assert.rejects(
    engine.session(({ db }) => swallow(db)),
    /the transaction was rolled back/,
  );
  assert.equal(await sumOfNumbers(engine.db), 0);
});

test('leaves a connection to queries outside sessions', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const held = Promise.withResolvers<undefined>();
  let running = 0;
  const sessions = Array.from({ length: 12 }, () =>
    engine.session(async () => {
      // The maximum; the others follow when these end.
      if (++running === 7) held.resolve(undefined);
      await held.promise;
      assert.equal(await sumOfNumbers(engine.db), 0);
    }),
  );
  await Promise.all(sessions);
  assert.equal(running, 12);
});

const values: fc.Arbitrary<Value[]> = fc.tuple(
  fc.option(fc.oneof(fc.maxSafeInteger(), fc.integer())),
  fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 40 }))).map(withoutNul),
  fc.option(fc.uint8Array()),
);

function withoutNul(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').toWellFormed();
}

test('copies values unchanged', async (t) => {
  const engine = await open(t);
  const rowsOf = async (db: Kysely<Tables>): Promise<Value[][]> => {
    const { rows } = await sql<{ a: number; b: string; c: Uint8Array | null }>`
      select a, b, c from copied order by n`.execute(db);
    return rows.map(({ a, b, c }) => [a, b, c && Uint8Array.from(c)]);
  };
  await engine.session(async (connection) => {
    const { db } = connection;
    await sql`create temporary table copied (n bigint generated always as identity, a bigint, b text, c bytea)`.execute(
      db,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(values, { maxLength: 60 }), async (rows) => {
        await sql`truncate copied restart identity`.execute(db);
        await copyInto(connection, rows);
        assert.deepEqual(await rowsOf(db), rows);
      }),
      { numRuns: 40 },
    );
    // Rows that fill many chunks, and one that is larger than any chunk.
    const many = Array.from({ length: 3000 }, (_, i): Value[] => [
      i,
      `${i} ö`.repeat(100),
      new Uint8Array(i % 7),
    ]);
    const rows = [...many, [-1, '\u{1f41b}'.repeat(1_000_000), null], ...many];
    await sql`truncate copied restart identity`.execute(db);
    await copyInto(connection, rows);
    assert.deepEqual(await rowsOf(db), rows);
  });
});

async function copyInto(connection: EngineConnection, rows: readonly (readonly Value[])[]): Promise<void> {
  const writer = connection.bulkWriter(connection.db, 'copied' as keyof Tables, ['a', 'b', 'c']);
  for (const row of rows) await writer.add(row);
  await writer.finish();
}

test('reports an error in the middle of a copy and undoes the copy', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const copy = (rows: number, last: Value[]): Promise<void> =>
    engine.write(async (db) => {
      const writer = engine.bulkWriter(db, numbersTable, ['a', 'b']);
      for (let i = 0; i < rows; i++) await writer.add([i, 1]);
      await writer.add(last);
      for (let i = 0; i < rows; i++) await writer.add([i, 1]);
      await writer.finish();
    });
  // One statement writes a few rows. COPY writes more, in one chunk or in several.
  for (const rows of [1, 100, 100_000]) {
    const expected =
      rows === 1 ? /invalid input syntax for type bigint: "four"/ : /insufficient data left in message/;
    await assert.rejects(copy(rows, [1, 'four']), expected);
    await assert.rejects(copy(rows, [1]), /row field count is 1, expected 2/);
    await assert.rejects(copy(rows, [1, 0.5]), /not a whole number: 0.5/);
  }
  assert.equal(await sumOfNumbers(engine.db), 0);
});

test('orders text by bytes, even if the database has a language collation', async (t) => {
  const engine = await open(t);
  await engine.db.schema
    .createTable('words')
    .addColumn('word', 'text', (column) => column.primaryKey())
    .execute();
  const words = ['a', 'B', 'é', 'z', '_', 'ab', 'a b', '\u{ffff}', '\u{1f41b}'];
  for (const word of words) await sql`insert into words values (${word})`.execute(engine.db);
  const { rows } = await sql<{ word: string }>`select word from words order by word`.execute(engine.db);
  assert.deepEqual(
    rows.map(({ word }) => word),
    words.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});

test('parses a statement again when another process has changed its table', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const all = (): Promise<object[]> =>
    engine.db.selectFrom(numbersTable).selectAll().where(sql.ref('a'), '=', 1).execute();
  assert.deepEqual(await all(), [{ a: 1, b: 0 }]);
  await sql`alter table numbers add column c bigint`.execute(engine.db);
  assert.deepEqual(await all(), [{ a: 1, b: 0, c: null }]);
});

test('cancels a statement at statement_timeout', async (t) => {
  const engine = await open(t, { statement_timeout: '20' });
  await assertUnusable(sql`select pg_sleep(9)`.execute(engine.db), /raise statement_timeout if it is set$/);
  // A session has no timeout.
  await engine.session(({ db }) => sql`select pg_sleep(0.05)`.execute(db));
});

test('lifts the timeout for one transaction only', async (t) => {
  const engine = await open(t, { statement_timeout: '20' });
  await engine.write(async (db) => {
    await engine.liftStatementTimeout(db);
    await sql`select pg_sleep(0.05)`.execute(db);
  });
  await assertUnusable(sql`select pg_sleep(9)`.execute(engine.db), /raise statement_timeout if it is set$/);
});

test('updates the planner statistics at once after a large load', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const fill = (count: number): Promise<unknown> =>
    engine.write((db) =>
      db
        .insertInto(numbersTable)
        .columns(['a', 'b'] as never[])
        .expression(sql`select i, i from generate_series(1, ${sql.lit(count)}) as i` as never)
        .execute(),
    );
  const estimate = async (): Promise<unknown> => {
    const { rows } = await sql<{ reltuples: number }>`
      select reltuples::bigint from pg_class where oid = 'numbers'::regclass`.execute(engine.db);
    return rows[0]?.reltuples;
  };
  await fill(100);
  assert.equal(await estimate(), -1);
  await fill(20_000);
  assert.equal(await estimate(), 20_102);
});

test('reports a user with too few privileges', async (t) => {
  const url = await temporarySchema(t);
  const role = `role_${crypto.randomUUID().replaceAll('-', '')}`;
  await query(url, `create role ${role} login`);
  t.after(() => query(url, `drop role ${role}`));
  const schema = new URL(url).searchParams.get('search_path') ?? '';
  await query(url, `grant usage on schema ${schema} to ${role}`);
  const source = new URL(url);
  source.username = role;
  await using engine = await openPostgresEngine(parsePostgresSource(source.href), 2);
  const create = engine.write((db) => db.schema.createTable('mine').addColumn('a', 'text').execute());
  await assertUnusable(create, /let the user own the database, or grant create and usage on its schema$/);
});

async function assertUnusable(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ClairError, String(error));
    assert.match(error.code, /^store-un(usable|available)$/);
    assert.match(error.message, message);
    return true;
  });
}
