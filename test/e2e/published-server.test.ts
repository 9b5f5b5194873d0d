import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clair } from './clair.ts';
import { done, epoch, image, mirror, place, publish } from './publication.ts';
import { runServer } from './serve-process.ts';

const published = join(place, 'served');

test('serves the advisories of a published database, and asks no vendor', async (t) => {
  publish('served', mirror, ['alpine', 'kev', 'epss']);
  const scan = (database: string): string =>
    done(clair(['scan', image, '--offline', '--format', 'json', '--db', database], epoch));
  const expected = scan(join(place, 'served.db'));
  const database = join(place, 'server.db');
  const server = await runServer(t, ['serve', '--from', published], {
    CLAIR_DATABASE_OPTIONS_PATH: database,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine,kev,epss',
    // A feed that comes from elsewhere fails here.
    CLAIR_UPDATER_MIRROR: emptyDirectory('served without feeds'),
    XDG_CACHE_HOME: join(place, 'server cache'),
  });
  await server.logged('published advisories are not signed', published);
  for (const feed of ['v3.20/main', 'v3.20/community', 'catalogue', 'current'])
    await server.logged('feed updated', feed);
  await server.end();
  assert.equal(scan(database), expected);
  assert.ok(existsSync(join(place, 'server cache/clair/shards')));
});

test('refuses a configuration that names a published database without a digest or a directory', () => {
  for (const [from, message] of [
    [join(place, 'nowhere at all'), /there is no such directory/],
    ['https://advisories.example/db', /the digest that clair db build printed/],
  ] as const) {
    const { status, stderr } = clair(['config', 'check'], { CLAIR_UPDATER_FROM: from });
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});

function emptyDirectory(name: string): string {
  const directory = join(place, name);
  mkdirSync(directory, { recursive: true });
  return directory;
}
