import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { postgresServer } from '../../testing/postgres-server.ts';
import { ancestry, feedUpdate, hits, image, installed, record, stream } from '../../testing/store-content.ts';
import { query } from '../contract/postgres-schemas.ts';
import { openPostgresStore } from './postgres-store.ts';

const page = readFileSync(new URL('../../../docs/postgresql.md', import.meta.url), 'utf8');

/** Returns a block of SQL of the documentation, with other names of the roles and the schema. */
function statements(title: string, names: Readonly<Record<string, string>>): string {
  const block = new RegExp(`-- ${title}\n(?<sql>[^\`]+)\`\`\``).exec(page)?.groups?.['sql'];
  assert.ok(block !== undefined, `the page has no SQL for: ${title}`);
  return block.replaceAll(
    /clair_owner|clair_server|(?:schema |database |role |owner )clair\b|current_database/g,
    (name) => names[name] ?? name,
  );
}

async function roles(
  context: TestContext,
): Promise<{ owner: string; server: string; grant: () => Promise<void> }> {
  const url = (await postgresServer()).url();
  const id = crypto.randomUUID().slice(0, 8);
  const schema = `clair_${id}`;
  const names = {
    clair_owner: `owner_${id}`,
    clair_server: `server_${id}`,
    'schema clair': `schema ${schema}`,
    current_database: new URL(url).pathname.slice(1),
  };
  await query(url, statements('once, as a superuser', names));
  context.after(async () => {
    const both = `${names.clair_owner}, ${names.clair_server}`;
    await query(url, `drop schema ${schema} cascade; drop owned by ${both}; drop role ${both}`);
  });
  const as = (role: string): string => {
    const source = new URL(url);
    source.username = role;
    source.searchParams.set('search_path', schema);
    return source.href;
  };
  const owner = as(names.clair_owner);
  return {
    owner,
    server: as(names.clair_server),
    grant: async () => {
      await query(owner, statements('after each upgrade, as clair_owner', names));
    },
  };
}

test('serves with a role that cannot change tables, as the documentation shows', async (t) => {
  const { owner, server, grant } = await roles(t);
  await (await openPostgresStore(owner))[Symbol.asyncDispose]();
  await grant();
  await using store = await openPostgresStore(server);
  await store.advisories.apply(feedUpdate(), stream([record('A'), record('B')]));
  const openssl = image([installed('openssl')]);
  assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl B']);
  const number = await store.images.save(openssl);
  await store.namedLayers.save({
    name: 'base',
    parent: null,
    image: number,
    format: 'Docker',
    engineVersion: 3,
  });
  await store.ancestries.save(ancestry('shop', number));
  assert.equal((await store.ancestries.find('shop'))?.number, 1);
  await assert.rejects(query(server, 'drop table ancestry'), /must be owner of table ancestry/);
  await assert.rejects(query(server, 'create table mine (a text)'), /permission denied for schema/);
});

test('opens the database that the documentation creates', async (t) => {
  const url = (await postgresServer()).url();
  const name = `clair_${crypto.randomUUID().slice(0, 8)}`;
  const names = Object.fromEntries(
    ['role', 'database', 'owner'].map((keyword) => [`${keyword} clair`, `${keyword} ${name}`]),
  );
  const created = statements('as a superuser', names).split(';\n').filter(Boolean);
  assert.equal(created.length, 2);
  t.after(async () => {
    for (const kind of ['database', 'role']) await query(url, `drop ${kind} if exists ${name}`);
  });
  for (const statement of created) await query(url, statement);
  const source = Object.assign(new URL(url), { username: name, password: 'secret', pathname: `/${name}` });
  await using store = await openPostgresStore(source.href);
  await store.advisories.apply(feedUpdate(), stream([record('A')]));
  assert.deepEqual(await hits(store, image([installed('openssl')])), ['openssl A']);
});
