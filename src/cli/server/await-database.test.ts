import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { ClairError } from '../../core/errors.ts';
import { openPostgresStore } from '../../store/sql/postgres-store.ts';
import { awaitDatabase } from './await-database.ts';

/** Returns a log, and its lines without time, process and host. */
function memoryLog() {
  const lines: object[] = [];
  const write = (text: string): void => {
    const { time: _, pid: __, hostname: ___, ...line } = JSON.parse(text) as Record<string, unknown>;
    lines.push(line);
  };
  return { lines, log: pino({ level: 'info' }, { write }) };
}

test('tries again with longer pauses while the server of the database is away', async () => {
  const { lines, log } = memoryLog();
  const pauses: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms);
  };
  const open = async (): Promise<string> => {
    if (pauses.length < 6) throw new ClairError('store-unavailable', 'clair at db:5432 is away');
    return 'open';
  };
  assert.equal(await awaitDatabase(open, { log, sleep }), 'open');
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 10_000, 10_000]);
  assert.equal(lines.length, 6);
  assert.deepEqual(lines[1], {
    level: 40,
    attempt: 2,
    retryInSeconds: 2,
    error: 'clair at db:5432 is away',
    msg: 'database unavailable at the start: trying again',
  });
});

test('names host and reason of a server that is away, and not its password', async () => {
  const { lines, log } = memoryLog();
  const stop = new AbortController();
  const sleep = async (): Promise<void> => {
    stop.abort(new Error('stopped'));
    stop.signal.throwIfAborted();
  };
  const source = 'postgresql://someone:planted@127.0.0.1:1/clair?sslmode=disable';
  const open = () => openPostgresStore(source);
  await assert.rejects(awaitDatabase(open, { log, sleep, signal: stop.signal }), { message: 'stopped' });
  const text = JSON.stringify(lines);
  assert.match(text, /clair at 127\.0\.0\.1:1 cannot be used: Connection refused \(ECONNREFUSED\)/);
  assert.doesNotMatch(text, /planted/);
});

test('gives up at once for a cause that stays, and after its time for any other', async () => {
  for (const [code, forMs] of [
    ['store-unusable', 60_000],
    ['store-incompatible', 60_000],
    ['store-unavailable', -1],
  ] as const) {
    const { lines, log } = memoryLog();
    const open = () => Promise.reject(new ClairError(code, 'no'));
    await assert.rejects(awaitDatabase(open, { log, forMs, sleep: async () => assert.fail('it waits') }), {
      code,
    });
    assert.deepEqual(lines, []);
  }
});
