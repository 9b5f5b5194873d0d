import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { query } from '../store/contract/postgres-schemas.ts';
import { startPostgresServer } from './postgres-server.ts';

/** A primary server and its streaming replica. */
export interface ReplicatedServers {
  /** Connection string of the primary server. */
  readonly primary: string;
  /** Connection string of the replica. */
  readonly replica: string;
  /** Stops the replica from showing new writes, until `resume`. */
  pause(): Promise<unknown>;
  resume(): Promise<unknown>;
  /** Kills the replica. */
  end(): Promise<void>;
  /** Returns whether the last query of a connection of the string `replica` read a table. */
  hasRead(): Promise<boolean>;
}

/** Starts both servers. They end with the test. */
export async function startReplicatedServers(t: Pick<TestContext, 'after'>): Promise<ReplicatedServers> {
  const server = await startPostgresServer(['-c', 'fsync=off']);
  t.after(() => {
    server.stop();
  });
  const replica = await server.addReplica?.();
  assert.ok(replica);
  const url = `${replica.url()}&application_name=reader`;
  return {
    primary: server.url(),
    replica: url,
    pause: () => query(url, 'select pg_wal_replay_pause()'),
    resume: () => query(url, 'select pg_wal_replay_resume()'),
    end: () => replica.end(),
    hasRead: async () => {
      const statement = `select count(*)::int as count from pg_stat_activity
        where application_name = 'reader' and query like '%from "%' and pid <> pg_backend_pid()`;
      return (await query(replica.url(), statement))[0]?.['count'] !== 0;
    },
  };
}
