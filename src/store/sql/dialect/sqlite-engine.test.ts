import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { type CompiledQuery, sql } from 'kysely';
import { ClairError } from '../../../core/errors.ts';
import { feedUpdate, image, installed, record, stream } from '../../../testing/store-content.ts';
import { temporaryDirectory } from '../../../testing/store-engines.ts';
import { setLaterSchema } from '../../contract/later-schema.ts';
import { installedRows, versionRows } from '../installed-images.ts';
import { matchQuery } from '../matches.ts';
import { migrations } from '../migrations/migrations.ts';
import { schemaVersion } from '../schema.ts';
import { openSqliteStore } from '../sqlite-store.ts';
import { openSqliteEngine } from './sqlite-engine.ts';
import { fromSqliteError } from './sqlite-errors.ts';

/** Returns the path of a database that does not exist yet. */
function newPath(context: TestContext): string {
  return join(temporaryDirectory(context), 'clair.db');
}

/** Creates a database with a hundred records and an image, and closes it. */
async function filledDatabase(context: TestContext): Promise<string> {
  const path = newPath(context);
  await using store = await openSqliteStore(path);
  await store.advisories.apply(
    feedUpdate(),
    stream(Array.from({ length: 100 }, (_, i) => record(`CVE-${i}`))),
  );
  await store.images.save(image([installed('openssl')]));
  return path;
}

async function assertUnusable(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ClairError, String(error));
    assert.equal(error.code, 'store-unusable');
    assert.match(error.message, message);
    return true;
  });
}

/** Returns the steps of SQLite's plan for a query. */
function planOf(path: string, { sql: text, parameters }: CompiledQuery): string[] {
  using database = new DatabaseSync(path);
  const plan = database.prepare(`explain query plan ${text}`).all(...(parameters as Uint8Array[]));
  return plan.map(({ detail }) => String(detail));
}

test('matches by a search of one index range and without scans', async (t) => {
  const path = await filledDatabase(t);
  await using engine = await openSqliteEngine(path);
  const steps = planOf(path, matchQuery(engine.db, 1).compile());
  assert.ok(
    steps.includes('SEARCH affected USING PRIMARY KEY (namespace_id=? AND package=? AND hi>?)'),
    steps.join('\n'),
  );
  assert.ok(steps.indexOf('SEARCH image_set USING PRIMARY KEY (image_id=?)') === 0, steps.join('\n'));
  assert.deepEqual(
    steps.filter((step) => !step.startsWith('SEARCH')),
    [],
  );
});

test('reads affected images from indexes alone', async (t) => {
  const path = await filledDatabase(t);
  await using engine = await openSqliteEngine(path);
  const keys = { lo: new Uint8Array(), hi: Uint8Array.of(0xff) };
  const namespace = { name: 'debian:12', versionScheme: 'dpkg' };
  const target = { namespaceId: 1, namespace, package: 'openssl', by: 'name', hasUnkeyed: false } as const;
  const range = { target: { ...target, ranges: [keys], hitsOf: () => [] }, keys };
  for (const start of [
    { key: null, after: 0 },
    { key: Uint8Array.of(3), after: 7 },
  ])
    assert.deepEqual(planOf(path, versionRows(engine.db, range, start).limit(9).compile()), [
      'CO-ROUTINE version',
      'SEARCH package USING COVERING INDEX package_by_name (namespace_id=? AND lookup_name=? AND key>? AND key<?)',
      'SCAN version',
      'SEARCH set_package USING COVERING INDEX set_package_sets (package_id=?) LEFT-JOIN',
      'SEARCH image_set USING COVERING INDEX image_set_images (set_id=? AND image_id>?) LEFT-JOIN',
    ]);
  const version = { target: range.target, key: Uint8Array.of(3) };
  assert.deepEqual(planOf(path, installedRows(engine.db, version, { after: 7, upTo: 1_007 }).compile()), [
    'SEARCH set_package USING COVERING INDEX set_package_sets (package_id=?)',
    'LIST SUBQUERY 1',
    'SEARCH package USING COVERING INDEX package_by_name (namespace_id=? AND lookup_name=? AND key=?)',
    'SEARCH image_set USING COVERING INDEX image_set_images (set_id=? AND image_id>? AND image_id<?)',
  ]);
});

test('stores the version of the newest schema in the header of the file', async (t) => {
  assert.equal(schemaVersion, migrations.length);
  using database = new DatabaseSync(await filledDatabase(t));
  assert.deepEqual({ ...database.prepare('pragma user_version').get() }, { user_version: schemaVersion });
});

test('rejects a second current form of a record', async (t) => {
  using database = new DatabaseSync(await filledDatabase(t));
  const rest = 'feed_id, key, hash, name, severity, details, valid_from';
  const copy = `insert into vulnerability (id, ${rest}, valid_to) select id + 1000, ${rest}`;
  assert.throws(() => {
    database.exec(`${copy}, null from vulnerability where id = 1`);
  }, /UNIQUE constraint failed: vulnerability.feed_id, vulnerability.key/);
  database.exec(`${copy}, valid_from from vulnerability where id = 1`);
});

test('reports paths that cannot be a database', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'text');
  writeFileSync(file, 'This is not a database. '.repeat(100));
  await assertUnusable(
    openSqliteStore(file),
    /text cannot be used: it is not a database file: choose another path$/,
  );
  await assertUnusable(
    openSqliteStore(join(file, 'clair.db')),
    /text\/clair.db cannot be used: its directory cannot be created: /,
  );
  mkdirSync(join(directory, 'clair.db'));
  await assertUnusable(
    openSqliteStore(join(directory, 'clair.db')),
    /cannot be used: it cannot be opened: check the path/,
  );
  assert.equal(readFileSync(file, 'utf8'), 'This is not a database. '.repeat(100));
});

test('does not change a database of another program', async (t) => {
  const path = newPath(t);
  using other = new DatabaseSync(path);
  other.exec('create table namespace (id)');
  await assertUnusable(openSqliteStore(path), /it belongs to another program/);
  assert.deepEqual(other.prepare('select name from sqlite_schema').all().length, 1);
});

test('rejects a database of a later version', async (t) => {
  const path = await filledDatabase(t);
  await setLaterSchema(path);
  await assert.rejects(openSqliteStore(path), {
    code: 'store-incompatible',
    message: /written by a later version .* update the program/,
  });
});

test('reports damaged content', async (t) => {
  const path = await filledDatabase(t);
  const bytes = readFileSync(path);
  bytes.fill(0x55, 8192);
  writeFileSync(path, bytes);
  const use = async (): Promise<void> => {
    await using store = await openSqliteStore(path);
    await store.images.findMatches(1);
  };
  await assertUnusable(use(), /clair.db cannot be used: its content is damaged: delete it/);
});

test('reports a full disk and keeps the current content', async (t) => {
  const path = await filledDatabase(t);
  await using engine = await openSqliteEngine(path);
  await sql`pragma max_page_count = 1`.execute(engine.db);
  const fill = engine.write(async (db) => {
    for (let i = 0; i < 1000; i++)
      await db
        .insertInto('layer')
        .values({ identity: String(i), analyzer_key: '', content: 'x'.repeat(10_000) })
        .execute();
  });
  await assertUnusable(fill, /clair.db cannot be used: the disk is full: free space/);
  assert.deepEqual(await engine.db.selectFrom('layer').selectAll().execute(), []);
  assert.equal((await engine.db.selectFrom('vulnerability').selectAll().execute()).length, 100);
});

test('passes on errors without a remedy unchanged', () => {
  using database = new DatabaseSync(':memory:');
  let problem: unknown;
  try {
    database.exec('select nothing');
  } catch (error) {
    problem = error;
  }
  assert.ok(problem instanceof Error);
  assert.equal(fromSqliteError(problem, 'here'), problem);
});

test('does not reopen a closed store', async (t) => {
  const store = await openSqliteStore(newPath(t));
  await store[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await assert.rejects(store.statistics());
});
