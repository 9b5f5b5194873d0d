import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { postgresServer, startPostgresServer } from '../../testing/postgres-server.ts';
import { affectedRow, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { temporaryDirectory, temporarySchema } from '../../testing/store-engines.ts';
import { setLaterSchema } from '../contract/later-schema.ts';
import { query } from '../contract/postgres-schemas.ts';
import type { Store } from '../store.ts';
import { openPostgresStore, type PostgresStoreOptions } from './postgres-store.ts';

/** Returns a connection string with other settings. */
function withSettings(url: string, settings: Record<string, string>): string {
  const changed = new URL(url);
  for (const [key, value] of Object.entries(settings)) changed.searchParams.set(key, value);
  return changed.href;
}

async function assertUnusable(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ClairError, String(error));
    assert.match(error.code, /^store-un(usable|available)$/);
    assert.match(error.message, message);
    return true;
  });
}

/** Returns a name for an object of the server that the test drops at its end. */
function temporaryName(): string {
  return `test_${crypto.randomUUID().replaceAll('-', '')}`;
}

/** Opens a store that is closed at the end of the test. */
async function open(context: TestContext, url: string, options?: PostgresStoreOptions): Promise<Store> {
  const store = await openPostgresStore(url, options);
  context.after(() => store[Symbol.asyncDispose]());
  return store;
}

test('reports a server that does not exist', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const start = performance.now();
  await assertUnusable(
    openPostgresStore(`postgresql://clair:secret@127.0.0.1:${port}/clair`),
    new RegExp(
      `^the database clair at 127.0.0.1:${port} cannot be used: Connection refused \\(ECONNREFUSED\\)`,
    ),
  );
  assert.ok(performance.now() - start < 5000, 'reported without retries');
  await assertUnusable(
    openPostgresStore('host=/nowhere user=a'),
    /No such file or directory \(ENOENT\): check the path of the socket/,
  );
  await assertUnusable(openPostgresStore('host=no.invalid user=a'), /\((?:ENOTFOUND|EAI_AGAIN)\): check the/);
});

test('reports a server that accepts connections and does not answer', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `host=127.0.0.1 port=${port} user=clair sslmode=disable connect_timeout=1`;
  server.on('connection', (socket) => socket.unref());
  await assertUnusable(openPostgresStore(url), /the server does not answer: check host and port/);
});

test('rejects a wrong password and accepts the right one', async (t) => {
  const server = await postgresServer();
  if (server.restart === undefined) {
    t.skip('the given server defines its own authentication');
    return;
  }
  await query(server.url(), "create role with_password login password 'right'");
  t.after(() => query(server.url(), 'drop role with_password'));
  const as = (password: string): Promise<Store> => {
    const url = new URL(server.url());
    url.username = 'with_password';
    url.password = password;
    return openPostgresStore(url.href);
  };
  await assertUnusable(as('wrong-secret'), /^((?!secret).)*the password is wrong: check user and password/);
  await assertUnusable(as(''), /the server requires a password: set it in the connection string$/);
  // Authenticated, and then rejected because of missing privileges.
  await assertUnusable(as('right'), /this user lacks a privilege/);
});

test('creates a missing database if configured', async (t) => {
  const server = await postgresServer();
  const name = temporaryName();
  const url = server.url(name);
  await assertUnusable(
    openPostgresStore(url),
    /it does not exist: create it, or set managedatabaselifecycle/,
  );
  t.after(() => query(server.url(), `drop database ${name}`));
  const stores = await Promise.all(
    [1, 2, 3].map(() => openPostgresStore(url, { createsDatabase: true, connectionsMax: 2 })),
  );
  for (const store of stores) await store[Symbol.asyncDispose]();
  await using store = await openPostgresStore(url, { createsDatabase: true });
  assert.equal((await store.statistics()).rows['vulnerability'], 0);
});

test('reports a user without the privilege to create a database', async (t) => {
  const server = await postgresServer();
  const role = temporaryName();
  await query(server.url(), `create role ${role} login`);
  t.after(() => query(server.url(), `drop role ${role}`));
  const url = new URL(server.url(temporaryName()));
  url.username = role;
  const make = (): Promise<Store> => openPostgresStore(url.href, { createsDatabase: true });
  await assertUnusable(make(), /created through the database postgres, .*lacks a privilege/);
});

test('reports a server without SSL and the remedy', async () => {
  const server = await postgresServer();
  const url = new URL(server.url());
  url.searchParams.delete('sslmode');
  if (url.hostname !== '127.0.0.1') return;
  await assertUnusable(
    openPostgresStore(url.href),
    /does not support SSL: set sslmode=disable \(require is the default\)/,
  );
});

test('connects by SSL and verifies the certificate of the server', async (t) => {
  const directory = temporaryDirectory(t);
  const [certificate, key] = [join(directory, 'certificate'), join(directory, 'key')];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...[
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
  ]);
  if (made.status !== 0) {
    t.skip('there is no openssl to make a certificate');
    return;
  }
  giveToServer([directory, certificate, key]);
  const server = await startPostgresServer([
    ...['-c', 'ssl=on', '-c', `ssl_cert_file=${certificate}`, '-c', `ssl_key_file=${key}`],
  ]);
  t.after(() => {
    server.stop();
  });
  const as = (sslmode: string, host: string, sslrootcert?: string): Promise<Store> => {
    const url = new URL(withSettings(server.url(), { sslmode, ...(sslrootcert && { sslrootcert }) }));
    url.hostname = host;
    return open(t, url.href);
  };
  await as('disable', '127.0.0.1');
  await as('require', '127.0.0.1');
  await as('require', '127.0.0.1', certificate);
  await as('verify-ca', '127.0.0.1', certificate);
  await as('verify-full', 'localhost', certificate);
  const rows = await query(
    server.url(),
    "select ssl, count(*)::int from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'clair' group by ssl order by ssl",
  );
  assert.deepEqual(rows, [
    { ssl: false, count: 1 },
    { ssl: true, count: 4 },
  ]);
  await assertUnusable(
    as('verify-ca', '127.0.0.1'),
    /the certificate of the server is not trusted: set sslrootcert/,
  );
  await assertUnusable(as('verify-full', 'localhost'), /the certificate of the server is not trusted/);
  await assertUnusable(
    as('verify-full', '127.0.0.1', certificate),
    /the certificate of the server is for another host/,
  );
});

/** Lets the server read files: a server started as root runs as another user. */
function giveToServer(paths: readonly string[]): void {
  if (process.getuid?.() !== 0) return;
  for (const path of paths) chownSync(path, 65_534, 65_534);
}

test('rejects a schema of another program, of a later version, or a missing one', async (t) => {
  const url = await temporarySchema(t);
  await query(url, 'create table namespace (id bigint)');
  await assertUnusable(openPostgresStore(url), /it belongs to another program: choose another database$/);
  await query(url, 'drop table namespace');
  await (await openPostgresStore(url))[Symbol.asyncDispose]();
  await setLaterSchema(url);
  await assert.rejects(openPostgresStore(url), {
    code: 'store-incompatible',
    message: /written by a later version .* update the program/,
  });
  await assertUnusable(
    openPostgresStore(withSettings(url, { search_path: 'nowhere' })),
    /the schema of search_path does not exist: create it$/,
  );
});

test('rejects a database that cannot store all text', async (t) => {
  const server = await postgresServer();
  const name = temporaryName();
  await query(
    server.url(),
    `create database ${name} template template0 encoding 'LATIN1' locale_provider libc locale 'C'`,
  );
  t.after(() => query(server.url(), `drop database ${name}`));
  await assertUnusable(
    openPostgresStore(server.url(name)),
    /its encoding is LATIN1: create one with encoding UTF8$/,
  );
});

test('passes settings of the connection string to the server', async (t) => {
  const url = await temporarySchema(t);
  await open(t, withSettings(url, { statement_timeout: '61s', application_name: 'my clair' }));
  const rows = await query(
    url,
    "select count(*)::int as count from pg_stat_activity where application_name = 'my clair'",
  );
  assert.deepEqual(rows, [{ count: 1 }]);
});

test('names a setting of the connection string that the server refuses', async (t) => {
  const url = await temporarySchema(t);
  const unknown = withSettings(url, { statement_timout: '61s' });
  await assertUnusable(
    openPostgresStore(unknown),
    /the connection string has statement_timout, which the server does not know: check its spelling$/,
  );
  const invalid = withSettings(url, { statement_timeout: 'soon' });
  await assertUnusable(openPostgresStore(invalid), /the server refuses the value of statement_timeout/);
});

test('reports a full disk and keeps the current content', async (t) => {
  const server = await postgresServer();
  const small = server.restart && smallDisk(t);
  if (small === undefined) {
    t.skip('a small disk can be mounted only by root, and only for a server of our own');
    return;
  }
  const url = await temporarySchema(t);
  const name = temporaryName();
  await query(url, `create tablespace ${name} location '${small}'`);
  const store = await openPostgresStore(withSettings(url, { default_tablespace: name }));
  try {
    await store.advisories.apply(feedUpdate(), stream([record('A'), record('B')]));
    const number = await store.images.save(image([installed('openssl')]));
    const look = async () => ({
      hits: await store.images.findMatches(number),
      rows: (await store.statistics()).rows,
    });
    const before = await look();
    assert.equal(before.hits.length, 2);
    const large = Array.from({ length: 2000 }, (_, i) => record(`A ${i}`, { affected: manyRows(i) }));
    await assertUnusable(
      store.advisories.apply(feedUpdate(), stream(large)),
      /postgres at .* cannot be used: the disk of the server is full: free space on it$/,
    );
    assert.deepEqual(await look(), before);
  } finally {
    await store[Symbol.asyncDispose]();
    const schema = new URL(url).searchParams.get('search_path') ?? '';
    await query(url, `drop schema ${schema} cascade; create schema ${schema}`);
    await query(url, `drop tablespace ${name}`);
  }
});

function manyRows(i: number): ReturnType<typeof affectedRow>[] {
  return Array.from({ length: 50 }, (_, j) => affectedRow(`package ${i} ${j}`));
}

/** Creates a directory on a disk of a few megabytes that only the server may use. */
function smallDisk(context: TestContext): string | undefined {
  const mount = mkdtempSync(join(tmpdir(), 'clair-disk-'));
  chmodSync(mount, 0o711);
  context.after(() => {
    spawnSync('umount', [mount]);
    rmdirSync(mount);
  });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=711', 'tmpfs', mount]).status !== 0)
    return undefined;
  const directory = join(mount, 'tables');
  mkdirSync(directory);
  giveToServer([directory]);
  return directory;
}
