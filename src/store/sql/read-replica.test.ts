import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresServer, startPostgresServer } from '../../testing/postgres-server.ts';
import { startReplicatedServers } from '../../testing/replicated-servers.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { query } from '../contract/postgres-schemas.ts';
import { replicaReads } from '../replica-reads.ts';
import { openPostgresStore } from './postgres-store.ts';

const openssl = image([installed('openssl')], 'one');

test('reads from a replica that has all writes, and from the primary server while it lacks one', {
  timeout: 60_000,
}, async (t) => {
  const servers = await startReplicatedServers(t);
  const problems: (string | undefined)[] = [];
  await using store = await openPostgresStore(servers.primary, {
    replicaSource: servers.replica,
    onReplica: (problem) => problems.push(problem),
  });
  const read = <T>(work: () => Promise<T>): Promise<T> => replicaReads.run(true, work);
  const one = await store.images.save(openssl);
  await store.ancestries.save(ancestry('shop', one));

  await servers.pause();
  for (let round = 0; round < 5; round++) {
    await store.ancestries.save(ancestry('shop', one, { hashes: [`h${round}`] }));
    const found = await read(() => store.ancestries.find('shop'));
    assert.deepEqual(found?.hashes, [`h${round}`], 'the last write of this process');
    const affected = [affectedRow(round % 2 === 0 ? 'curl' : 'openssl')];
    await store.advisories.apply(feedUpdate(), stream([record('A', { affected })]));
    assert.equal((await read(() => store.images.findMatches(one))).length, round % 2);
  }
  assert.equal(await servers.hasRead(), false);

  await servers.resume();
  // The next record of the log begins after the header of a page, and the last one ended before it.
  await query(servers.primary, 'select pg_switch_wal()');
  const deadline = performance.now() + 10_000;
  while (!(await servers.hasRead())) {
    assert.ok(performance.now() < deadline, 'the replica is not read although it has all writes');
    assert.deepEqual((await read(() => store.ancestries.find('shop')))?.hashes, ['h4']);
    await new Promise(setImmediate);
  }
  assert.equal(await read(() => store.ancestries.find('another')), undefined);
  assert.deepEqual(problems, []);

  await servers.end();
  for (let round = 0; round < 20; round++) {
    assert.deepEqual((await read(() => store.ancestries.find('shop')))?.hashes, ['h4']);
    assert.equal((await read(() => store.images.findByNumber(one))).packages.length, 1);
  }
  assert.equal(problems.length, 1);
  assert.match(String(problems[0]), /cannot be used|was lost|does not answer/);
});

test('does not read from a server that is not a replica of the database', { timeout: 60_000 }, async (t) => {
  const [server, other] = [await startPostgresServer(['-c', 'fsync=off']), await postgresServer()];
  t.after(() => {
    server.stop();
  });
  for (const [replicaSource, expected] of [
    [other.url(), /^it is not a replica of database\.options\.source$/],
    [server.url(), /^it is not a replica, but a primary server$/],
    ['postgresql://postgres@127.0.0.1:1/postgres?sslmode=disable', /no server answers|refused/],
  ] as const) {
    const problems: (string | undefined)[] = [];
    const onReplica = (problem: string | undefined): void => void problems.push(problem);
    await using store = await openPostgresStore(server.url(), { replicaSource, onReplica });
    const number = await store.images.save(openssl);
    const found = await replicaReads.run(true, () => store.images.findByNumber(number));
    assert.equal(found.packages.length, 1);
    assert.equal(problems.length, 1);
    assert.match(String(problems[0]), expected);
  }
});
