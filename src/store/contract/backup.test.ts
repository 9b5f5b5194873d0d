import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { postgresServer } from '../../testing/postgres-server.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
} from '../../testing/store-content.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { openPostgresStore } from '../sql/postgres-store.ts';
import { openSqliteStore } from '../sql/sqlite-store.ts';
import type { Store } from '../store.ts';

const openssl = installed('openssl');
const older = record('A', { affected: [affectedRow('openssl', { keys: keys([], [5]) })] });
const newer = { ...older, severity: 'High' as const };

/** Stores what cannot be fetched again: images, their names and the history of advisories. */
async function fill(store: Store): Promise<void> {
  await store.advisories.apply(feedUpdate(), stream([older]));
  await store.advisories.apply(feedUpdate({ fingerprint: 'second' }), stream([newer, record('B')]));
  await store.ancestries.save(ancestry('shop:1', await store.images.save(image([openssl]))));
  await store.keyValues.set('key', 'value');
}

/** Returns everything that `fill` stored, as a client sees it. */
async function contentOf(store: Store) {
  const saved = await store.ancestries.find('shop:1');
  const events = await store.events.findAfter(0, 10);
  const numbers = events.flatMap((event) => [event.old ?? [], event.new ?? []].flat());
  return {
    saved,
    events,
    records: await store.vulnerabilities.findByNumbers(numbers),
    matches: await store.images.findMatches(saved?.image ?? assert.fail('no ancestry')),
    feeds: await store.advisories.findFeedStates(),
    value: await store.keyValues.get('key'),
  };
}

/** Asserts that a restored store has everything, and that its numbers go on. */
async function assertRestored(restored: Store, original: Store): Promise<void> {
  const expected = await contentOf(original);
  assert.deepEqual([expected.events.length, expected.matches.length], [2, 2]);
  assert.deepEqual(await contentOf(restored), expected);
  await restored.advisories.apply(feedUpdate({ fingerprint: 'third' }), stream([older, record('C')]));
  const later = await restored.events.findAfter(await original.events.findLastNumber(), 10);
  assert.deepEqual(later.map(({ id, kind }) => `${id} ${kind}`).sort(), [
    'A changed',
    'B withdrawn',
    'C new',
  ]);
}

test('sqlite file: a copy that VACUUM INTO made beside a server has everything', async (t) => {
  const directory = temporaryDirectory(t);
  const [file, copy] = [join(directory, 'clair.db'), join(directory, 'backup.db')];
  await using original = await openSqliteStore(file);
  await fill(original);
  using database = new DatabaseSync(file);
  database.prepare('vacuum into ?').run(copy);
  await using restored = await openSqliteStore(copy);
  await assertRestored(restored, original);
});

const { CLAIR_TEST_POSTGRES_PROGRAMS: programs } = process.env;
const skip = programs === undefined ? 'CLAIR_TEST_POSTGRES_PROGRAMS names no pg_dump' : false;

test('postgresql: a restored dump that was made beside a server has everything', { skip }, async (t) => {
  const server = await postgresServer();
  const run = (program: string, ...args: readonly string[]): void => {
    execFileSync(join(programs ?? '', program), args, { stdio: 'pipe' });
  };
  const [from, to] = [`backup_${randomUUID()}`, `restored_${randomUUID()}`];
  const dump = join(temporaryDirectory(t), 'clair.dump');
  t.after(() => {
    for (const name of [from, to])
      run('dropdb', '--if-exists', '--force', '--maintenance-db', server.url(), name);
  });
  await using original = await openPostgresStore(server.url(from), { createsDatabase: true });
  await fill(original);
  run('pg_dump', '--format', 'custom', '--file', dump, server.url(from));
  run('createdb', '--template', 'template0', '--maintenance-db', server.url(), to);
  run('pg_restore', '--no-owner', '--exit-on-error', '--dbname', server.url(to), dump);
  await using restored = await openPostgresStore(server.url(to));
  await assertRestored(restored, original);
});
