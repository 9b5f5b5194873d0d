import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSameReads } from '../../testing/same-reads.ts';
import { shardFiles } from '../../testing/shard-files.ts';
import { feedRecords, installedPackages } from '../../testing/store-arbitraries.ts';
import { bookworm, feedUpdate, image, stream, trixie } from '../../testing/store-content.ts';
import { isClearedShard, type ShardFile } from '../shard.ts';
import { openSqliteStore } from '../sql/sqlite-store.ts';
import { shardedStore } from './sharded-store.ts';

const ofRedHat = feedUpdate({ source: 'rhel', feed: 'vex' });

test('answers every read of a namespace in two shards as the database does, for any content', async (t) => {
  await fc.assert(
    fc.asyncProperty(feedRecords, installedPackages, async (records, packages) => {
      await using published = await openSqliteStore(':memory:');
      await published.advisories.apply(ofRedHat, stream(records));
      await using sharded = shardedStore(await openSqliteStore(':memory:'));
      sharded.addShards(await shardFiles(t, published, { sources: { rhel: ['vex'] } }));
      await assertSameReads(published, sharded, packages);
    }),
    { numRuns: 60 },
  );
});

test('finds the same vulnerable packages without the shard of those that are not affected', async (t) => {
  await fc.assert(
    fc.asyncProperty(feedRecords, installedPackages, async (records, packages) => {
      await using published = await openSqliteStore(':memory:');
      await published.advisories.apply(ofRedHat, stream(records));
      await using sharded = shardedStore(await openSqliteStore(':memory:'));
      const files = await shardFiles(t, published, { sources: { rhel: ['vex'] } });
      const affecting = files.filter(({ name }) => !isClearedShard(name));
      sharded.addShards(affecting);
      const numbers = [
        await published.images.save(image(packages)),
        await sharded.images.save(image(packages)),
      ] as const;
      assert.deepEqual(
        await sharded.images.findMatches(numbers[1]),
        await published.images.findMatches(numbers[0]),
      );
      for (const { name } of [bookworm, trixie])
        assert.equal(await sharded.advisories.covers(name), await published.advisories.covers(name));
      for (const file of files.filter((one) => !affecting.includes(one))) assertOnlyCleared(file);
    }),
    { numRuns: 60 },
  );
});

/** Asserts that all rows of a shard state that a package is not affected. */
function assertOnlyCleared({ path }: ShardFile): void {
  const database = new DatabaseSync(path, { readOnly: true });
  const states = database.prepare('select distinct fix_state as state from affected').all();
  database.close();
  assert.deepEqual(
    states.map(({ state }) => state),
    ['not-affected'],
  );
}
