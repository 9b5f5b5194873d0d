import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blobPath, findDatabase, type PublishedDatabase } from '../../src/advisory-db/layout.ts';
import type { Report } from '../../src/model/report.ts';
import { clair } from './clair.ts';
import { done, epoch, flipByte, fromPublished, image, mirror, place, publish } from './publication.ts';

publish('example of files');

test('uses published lists of exploited vulnerabilities and of EPSS scores, and requests neither', () => {
  publish('lists', mirror, ['alpine', 'kev', 'epss']);
  const args = ['scan', image, '--format', 'json'];
  const expected = done(clair([...args, '--offline', '--db', join(place, 'lists.db')], epoch));
  assert.match(expected, /"epss": 0\.\d/);
  assert.equal(done(fromPublished('lists', args)), expected);
  mkdirSync(join(place, 'no feeds'));
  const online = clair(
    [...args, '--mirror', join(place, 'no feeds'), '--db', ':memory:', '--from', join(place, 'lists')],
    { XDG_CACHE_HOME: join(place, 'lists cache') },
  );
  const { ratings } = JSON.parse(done(online)) as Report;
  assert.deepEqual([ratings?.knowsEpss, ratings?.knowsExploited], [true, true]);
  assert.doesNotMatch(ratings?.reason ?? '', /epss|kev/);
});

test('uses published lists of ratings for an image whose namespaces are not published', () => {
  publish('only lists', mirror, ['kev', 'epss']);
  const args = ['scan', image, '--format', 'json'];
  const expected = clair([...args, '--offline', '--db', join(place, 'only lists.db')], epoch);
  assert.match(expected.stdout, /"source": "kev"/);
  const run = fromPublished('only lists', args);
  assert.equal(run.stdout, expected.stdout);
  assert.equal(run.status, expected.status);
});

test('writes damaged files of a published database again, and says so', () => {
  const damages = {
    shard: (directory: string, { catalogue }: PublishedDatabase) => {
      const shard = catalogue.shards['alpine:v3.20'] ?? assert.fail();
      flipByte(blobPath(directory, shard.blob.digest));
    },
    manifest: (directory: string, { digest }: PublishedDatabase) => {
      truncateSync(blobPath(directory, digest), 10);
    },
    index: (directory: string) => {
      writeFileSync(join(directory, 'index.json'), '{');
    },
  };
  const expected = done(fromPublished('example of files', ['scan', image, '--format', 'json']));
  for (const [name, damage] of Object.entries(damages)) {
    const directory = join(place, `damaged ${name}`);
    cpSync(join(place, 'example of files'), directory, { recursive: true });
    damage(directory, findDatabase(directory) ?? assert.fail());
    const run = clair(['db', 'build', directory, '--db', join(place, 'example of files.db')]);
    assert.match(
      done(run) + run.stderr,
      /alpine:v3\.20: the published file was damaged, and was written again|the published database is damaged at .* All namespaces are published again/,
      name,
    );
    assert.match(done(clair(['db', 'verify', directory])), /^2 of 2 namespaces are sound, not signed\n/);
    assert.equal(done(fromPublished(`damaged ${name}`, ['scan', image, '--format', 'json'])), expected);
  }
});

test('keeps a published database of another form when it publishes', () => {
  const directory = join(place, 'another form');
  mkdirSync(directory);
  const index = '{"manifests":[]}';
  writeFileSync(join(directory, 'index.json'), index);
  const run = clair(['db', 'build', directory, '--db', join(place, 'example of files.db')]);
  assert.equal(run.status, 3, run.stdout);
  assert.match(run.stderr, /lists no database of the form 1, which this version of clair reads/);
  assert.equal(readFileSync(join(directory, 'index.json'), 'utf8'), index);
});
