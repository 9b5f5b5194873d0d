import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { temporarySchema } from '../../../testing/store-engines.ts';
import {
  addOneTo,
  createNumbers,
  numbersTable,
  openPostgresAt,
  sumOfNumbers,
} from '../../contract/numbers-table.ts';
import type { Engine, EngineConnection, WriteScope } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Opens an engine on an empty schema; `settings` are added to the connection string. */
async function open(context: TestContext, settings: Record<string, string> = {}): Promise<Engine> {
  return await openPostgresAt(context, await temporarySchema(context), settings);
}

const selectOne = (db: Kysely<Tables>): Promise<unknown> => sql`select 1`.execute(db);

/** Starts a write that reports when it holds its lock and ends when it is released. */
function heldWrite(
  engine: EngineConnection,
  scope: WriteScope,
  work: (db: Kysely<Tables>) => Promise<unknown> = selectOne,
): { hasTurn: Promise<void>; end: () => Promise<void> } {
  const [begun, go] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const written = engine.write(async (db) => {
    await work(db);
    begun.resolve(undefined);
    await go.promise;
  }, scope);
  return {
    hasTurn: begun.promise,
    end: async () => {
      go.resolve(undefined);
      await written;
    },
  };
}

/** Waits until at least one session waits for a write lock; returns the number of such sessions. */
async function waiting(engine: Engine): Promise<number> {
  for (;;) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from pg_locks where locktype = 'advisory' and not granted and objid =
        (hashtext(current_schema())::bigint & 4294967295)::oid`.execute(engine.db);
    const count = rows[0]?.count ?? 0;
    if (count > 0) return count;
  }
}

for (const [first, second] of [
  ['everything', 'everything'],
  ['everything', 'advisories'],
  ['everything', 'own rows'],
  ['advisories', 'everything'],
  ['advisories', 'advisories'],
  ['own rows', 'everything'],
] as const) {
  test(`lets a write of ${second} wait for a write of ${first}`, async (t) => {
    const engine = await open(t);
    const held = heldWrite(engine, first);
    await held.hasTurn;
    let isDone = false;
    const other = engine.write(async (db) => {
      await selectOne(db);
      isDone = true;
    }, second);
    assert.equal(await waiting(engine), 1);
    assert.equal(isDone, false);
    await held.end();
    await other;
    assert.equal(isDone, true);
  });
}

test('runs the first statement of a write of own rows behind its lock', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const held = heldWrite(engine, 'everything', (db) => addOneTo(db, 1));
  await held.hasTurn;
  const sum = engine.write(sumOfNumbers, 'own rows');
  await waiting(engine);
  await held.end();
  assert.equal(await sum, 1);
});

test('goes on after a write that did not get its lock', async (t) => {
  const engine = await open(t, { lock_timeout: '20' });
  await createNumbers(engine);
  const read = (db: Kysely<Tables>): Promise<object[]> =>
    db.selectFrom(numbersTable).selectAll().where(sql.ref('a'), '=', 2).execute();
  const held = heldWrite(engine, 'everything');
  await held.hasTurn;
  await assert.rejects(engine.write(read, 'own rows'), {
    code: 'store-unavailable',
    message: /another process has kept it locked/,
  });
  await held.end();
  // On the same connection.
  for (let i = 0; i < 2; i++) assert.deepEqual(await engine.write(read, 'own rows'), [{ a: 2, b: 0 }]);
});

test('commits nothing of a write of own rows whose check fails', async (t) => {
  const engine = await open(t);
  await createNumbers(engine);
  const seen: (string | undefined)[] = [];
  engine.hooks.writeCheck = {
    query: "select 'stated' where exists (select from numbers where b > 0)",
    verify: async (text) => {
      seen.push(text);
      if (text !== undefined) throw new Error(`refused: ${text}`);
    },
  };
  await engine.write((db) => addOneTo(db, 1), 'own rows');
  await assert.rejects(
    engine.write((db) => addOneTo(db, 2), 'own rows'),
    /refused: stated/,
  );
  await assert.rejects(
    engine.write((db) => addOneTo(db, 2)),
    /refused: stated/,
  );
  assert.deepEqual(seen, [undefined, 'stated', 'stated']);
  assert.equal(await sumOfNumbers(engine.db), 1);
});

test('writes own rows beside other writers', async (t) => {
  const engine = await open(t);
  const others = [heldWrite(engine, 'own rows'), heldWrite(engine, 'advisories')];
  for (const { hasTurn } of others) await hasTurn;
  assert.equal(await engine.write(async () => 'done', 'own rows'), 'done');
  for (const { end } of others) await end();
});
