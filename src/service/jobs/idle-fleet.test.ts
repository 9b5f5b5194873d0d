import assert from 'node:assert/strict';
import { test } from 'node:test';
import { query } from '../../store/contract/postgres-schemas.ts';
import { openPostgresStore } from '../../store/sql/postgres-store.ts';
import { startPostgresServer } from '../../testing/postgres-server.ts';
import { deliverNotifications } from '../notifications/deliver-notifications.ts';
import { runJobs } from './run-jobs.ts';

const servers = 8;
/** Simulated seconds that a server runs after its start, and then while it is measured. */
const [startSeconds, idleSeconds] = [600, 600];
/** Statements per second of all servers together that ADR 0031 allows. */
const statementsMax = 2;
/**
 * Statements per second that depend on real time: each server reads the clock of the database every 30 s. It also reads the minimum schema
 * before a poll, because its last check is older than `limits.schemaCheckMs`. Both of its workers poll every 30 s.
 */
const timedStatements = (servers * 3) / 30;

/** Counters of a database server. */
interface Counters {
  readonly statements: number;
  readonly logBytes: number;
}

async function readCounters(url: string): Promise<Counters> {
  const [row] = await query(
    url,
    `select sum(calls)::text as calls, sum(wal_bytes)::text as bytes
    from statistics.pg_stat_statements where query not like '%pg_stat%'`,
  );
  return { statements: Number(row?.['calls']), logBytes: Number(row?.['bytes']) };
}

/**
 * Runs the job worker and the notifier of a server. Returns what they add to the counters while the server is idle. Its clock moves only
 * while both wait.
 */
async function idleServer(url: string): Promise<Counters> {
  const start = Date.now();
  const clocks = { jobs: start, notifier: start };
  const stop = new AbortController();
  const [atStart, atEnd] = [Promise.withResolvers<Counters>(), Promise.withResolvers<Counters>()];
  await using store = await openPostgresStore(url, { connectionsMax: 2, now: () => clocks.jobs });
  const channel = store.openWakeChannel(() => undefined);
  let phase: 'starting' | 'idle' | 'over' = 'starting';
  const passTime = async (seconds: number): Promise<void> => {
    if (phase === 'starting' && seconds >= startSeconds) {
      phase = 'idle';
      atStart.resolve(await readCounters(url));
    } else if (phase === 'idle' && seconds >= startSeconds + idleSeconds) {
      phase = 'over';
      atEnd.resolve(await readCounters(url));
      stop.abort();
    }
  };
  const waitOn = (clock: keyof typeof clocks) => async (ms: number) => {
    await new Promise(setImmediate);
    clocks[clock] += ms;
    // The one that has waited longer lets the other catch up.
    while (clocks[clock] > Math.min(clocks.jobs, clocks.notifier) && !stop.signal.aborted)
      await new Promise(setImmediate);
    await passTime((Math.min(clocks.jobs, clocks.notifier) - start) / 1000);
  };
  const onError = (error: unknown): never => assert.fail(String(error));
  const sources = Array.from({ length: 12 }, (_, i) => ({
    name: `update ${i}`,
    kind: 'update',
    lane: 'feeds',
    intervalMs: 6 * 3_600_000,
    run: async () => undefined,
  }));
  const shared = { store, owner: String(start), now: store.now };
  const jobs = { ...shared, random: () => 0, onError, sleepOrWake: waitOn('jobs') };
  const notifier = {
    ...shared,
    extensions: { schemes: [], sources: [] },
    transports: [{ name: 'webhook', deliver: async () => undefined }],
    filter: { severity: undefined, isFixable: false, namespaces: [] },
    batchWindowMs: 0,
    attempts: 3,
    renotifyMs: 3_600_000,
    sleepOrWake: waitOn('notifier'),
    sleep: waitOn('notifier'),
    onDelivered: () => undefined,
    onFailure: (_: string, error: unknown) => onError(error),
  };
  await Promise.all([
    runJobs(sources, { feeds: 2 }, jobs, stop.signal),
    deliverNotifications(notifier, stop.signal),
  ]);
  await channel[Symbol.asyncDispose]();
  const [before, after] = [await atStart.promise, await atEnd.promise];
  return {
    statements: after.statements - before.statements,
    logBytes: after.logBytes - before.logBytes,
  };
}

test(`sends at most ${statementsMax} statements a second and writes no log when ${servers} servers are idle`, async (t) => {
  const server = await startPostgresServer(['-c', 'shared_preload_libraries=pg_stat_statements']);
  t.after(() => {
    server.stop();
  });
  const url = server.url();
  await query(url, 'create schema statistics');
  await query(url, 'create extension pg_stat_statements schema statistics');
  let [statements, logBytes] = [0, 0];
  for (let i = 0; i < servers; i++) {
    const added = await idleServer(url);
    statements += added.statements;
    logBytes += added.logBytes;
  }
  const perSecond = statements / idleSeconds + timedStatements;
  t.diagnostic(`${perSecond.toFixed(2)} statements a second, ${logBytes} bytes of log`);
  assert.ok(statements > servers && perSecond <= statementsMax, `${perSecond} statements a second`);
  assert.equal(logBytes, 0);
});
