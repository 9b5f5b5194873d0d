import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { shardFiles } from '../../testing/shard-files.ts';
import { feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import type { ShardFile } from '../shard.ts';
import { openSqliteStore } from '../sql/sqlite-store.ts';
import { verifyShard } from './open-shard.ts';
import { type ShardedStore, shardedStore } from './sharded-store.ts';

/** Statements that make a file differ from the tables of this version. */
const otherTables: Readonly<Record<string, string>> = {
  'another table': 'create table more (id integer)',
  'a view': 'create view more as select 1',
  'a trigger': "create trigger more after insert on feed begin select load_extension('x'); end",
  'another index': 'create index more on feed (name)',
  'a missing table': 'drop table alias',
  'a view in place of a table':
    'drop table alias; create view alias as select name, id as vulnerability_id from vulnerability',
  'a column more': 'alter table feed add column more text',
};

for (const [name, statement] of Object.entries(otherTables))
  test(`refuses a shard with ${name}`, async (t) => {
    const file = await changedShard(t, statement);
    assert.throws(verifying(file), damagedBy(/its tables differ from those of this version/));
  });

for (const [name, statement, message] of [
  ['of another form', 'pragma user_version = 2', /it has the form 2, and this version reads 1/],
  ['of another program', 'pragma application_id = 7', /it is no file of advisories/],
  ['of another namespace', "update shard set name = 'debian:13'", /it is of debian:13/],
  ['with another version scheme', "update shard set version_scheme = 'rpm'", /it orders versions by rpm/],
  ['of two namespaces', "insert into shard values ('debian:13', 'dpkg')", /it is of /],
  ['with numbers of the database', 'update vulnerability set id = 1', /numbers of other files/],
  ['with numbers below 0', 'update vulnerability set id = -id', /numbers of other files/],
  [
    'with numbers of two files',
    "insert into vulnerability select id * 2, feed_id, key || '2', name, severity, details, since, packages from vulnerability",
    /numbers of other files/,
  ],
] as const)
  test(`refuses a shard ${name}`, async (t) => {
    const file = await changedShard(t, statement);
    assert.throws(verifying(file), damagedBy(message));
  });

for (const [name, content] of [
  ['is no database', Buffer.from('x'.repeat(5000))],
  ['is empty', Buffer.alloc(0)],
] as const)
  test(`refuses a shard that ${name}`, async (t) => {
    const [file] = await published(t);
    assert.ok(file !== undefined);
    writeFileSync(file.path, content);
    assert.throws(verifying(file), damagedBy(/./));
  });

test('names the shard when its file is missing', async (t) => {
  const [file] = await published(t);
  assert.ok(file !== undefined);
  rmSync(file.path);
  assert.throws(verifying(file), damagedBy(/unable to open database file/));
});

for (const [name, statement] of [
  ['details that are not JSON', "update vulnerability set details = '{'"],
  ['details of another form', "update vulnerability set details = '[1,2,3,[],4]'"],
  ['details without lists', "update vulnerability set details = '{}'"],
  ['an unknown severity', "update vulnerability set severity = 'Terrible'"],
  ['an unknown state of a fix', "update affected set fix_state = 'perhaps'"],
  ['a fix without a version', "update affected set fix_state = 'fixed', fix_version = null, range_to = null"],
  [
    'conditions that are not JSON',
    "insert into conditions values (1, 'x'); update affected set conditions_id = 1",
  ],
  [
    'conditions of another form',
    `insert into conditions values (1, '{"arch":1}'); update affected set conditions_id = 1`,
  ],
] as const)
  test(`refuses matches and records of a shard with ${name}`, async (t) => {
    const sharded = await openedWith(t, await changedShard(t, statement));
    const number = await sharded.images.save(image([installed('openssl')]));
    await assert.rejects(sharded.images.findMatches(number), damagedBy(/./));
    const [one = 0] = await sharded.vulnerabilities.findNumbersById('CVE-2026-0001');
    await assert.rejects(sharded.vulnerabilities.findByNumbers([one]), damagedBy(/./));
    await assert.rejects(sharded.vulnerabilities.findByIds('debian:12', ['CVE-2026-0001']), damagedBy(/./));
  });

for (const data of ['{', '[1]', '{"severity":"Terrible"}', '{"cvss":[{}]}', '{"epss":{"score":"1"}}'])
  test(`refuses a rating of a shard that is ${data}`, async (t) => {
    const sharded = await openedWith(t, await changedShard(t, `update enrichment set data = '${data}'`));
    await assert.rejects(sharded.enrichments.findByIds(['CVE-2026-0001']), damagedBy(/./));
  });

test('finds a damaged page when it verifies a shard', async (t) => {
  const [file] = await published(t);
  assert.ok(file !== undefined);
  verifyShard(file);
  const bytes = readFileSync(file.path);
  // The last page is one of a table or an index.
  bytes.fill(0xff, bytes.length - 4096);
  writeFileSync(file.path, bytes);
  assert.throws(verifying(file), damagedBy(/./));
});

test('refuses shards that use the same numbers', async (t) => {
  const [file] = await published(t);
  const [same] = await published(t);
  assert.ok(file !== undefined && same !== undefined);
  const database = new DatabaseSync(same.path);
  database.exec("update shard set name = 'debian:13'");
  database.close();
  const sharded = await openedWith(t, file);
  const other = { ...same, name: 'debian:13', namespace: { name: 'debian:13', versionScheme: 'dpkg' } };
  assert.throws(
    () => {
      sharded.addShards([other]);
    },
    {
      code: 'feed-corrupt',
      message: /of debian:13 and of debian:12 use the same numbers/,
    },
  );
});

function verifying(file: ShardFile): () => void {
  return () => {
    verifyShard(file);
  };
}

/** Matches the error of a damaged shard, with a reason. */
function damagedBy(reason: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'feed-corrupt');
    assert.match(error.message, /^the advisories of debian:12 in \S+ cannot be used: /);
    assert.match(error.message, reason);
    return true;
  };
}

async function published(t: TestContext): Promise<ShardFile[]> {
  await using store = await openSqliteStore(':memory:');
  await store.advisories.apply(feedUpdate(), stream([record('CVE-2026-0001')]));
  const rating = { kind: 'enrichment', id: 'CVE-2026-0001', severity: 'High' } as const;
  await store.enrichments.apply(feedUpdate({ source: 'nvd', feed: '2026' }), stream([rating]));
  return await shardFiles(t, store, { enrichers: ['nvd'] });
}

/** Returns a shard on which a statement was run. */
async function changedShard(t: TestContext, statement: string): Promise<ShardFile> {
  const [file] = await published(t);
  assert.ok(file !== undefined);
  const database = new DatabaseSync(file.path);
  database.exec(statement);
  database.close();
  return file;
}

async function openedWith(t: TestContext, file: ShardFile): Promise<ShardedStore> {
  const sharded = shardedStore(await openSqliteStore(':memory:'));
  t.after(() => sharded[Symbol.asyncDispose]());
  sharded.addShards([file]);
  return sharded;
}
