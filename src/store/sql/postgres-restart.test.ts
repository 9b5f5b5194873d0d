import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { postgresServer } from '../../testing/postgres-server.ts';
import { feedUpdate, hits, image, installed, record, stream } from '../../testing/store-content.ts';
import { temporarySchema } from '../../testing/store-engines.ts';
import type { Store } from '../store.ts';
import { openPostgresStore } from './postgres-store.ts';

const openssl = image([installed('openssl')]);
const timeout = 120_000;

/** Defines a test with a store on a server that can be restarted as by a power cut. */
function restartTest(
  name: string,
  body: (store: Store, restart: () => Promise<void>) => Promise<void>,
): void {
  test(name, { timeout }, async (t) => {
    const { restart } = await postgresServer();
    if (restart === undefined) {
      t.skip('the given server must not be restarted');
      return;
    }
    const url = await temporarySchema(t);
    await using store = await openPostgresStore(url, { connectionsMax: 4 });
    await store.advisories.apply(feedUpdate(), stream([record('A'), record('B')]));
    await body(store, restart);
  });
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ClairError && error.code === 'store-unavailable';
}

restartTest('does not fail reads while the server restarts', async (store, restart) => {
  const number = await store.images.save(openssl);
  let isOver = false;
  const read = async (): Promise<number> => {
    let times = 0;
    for (; !isOver; times++) assert.equal((await store.images.findMatches(number)).length, 2);
    return times;
  };
  // More readers than connections.
  const readers = Array.from({ length: 6 }, read);
  for (let i = 0; i < 3; i++) await restart();
  isOver = true;
  for (const times of await Promise.all(readers)) assert.ok(times > 0);
});

restartTest('completes writes or reports their failure while the server restarts', async (store, restart) => {
  let isOver = false;
  const written: number[] = [];
  const write = async (name: string): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      try {
        // Unlike a layer, which may be lost because it can be indexed again, an image is kept once `save` returns.
        written.push(await store.images.save(image([installed('openssl')], `${name} ${i}`)));
      } catch (error) {
        // A write is retried unless its outcome is unknown.
        assert.ok(isUnavailable(error) && /whose outcome is unknown/.test(String(error)), String(error));
      }
    }
  };
  const writers = ['a', 'b', 'c', 'd', 'e'].map(write);
  for (let i = 0; i < 3; i++) await restart();
  isOver = true;
  await Promise.all(writers);
  assert.ok(written.length > 0);
  for (const number of written) assert.equal((await store.images.findMatches(number)).length, 2);
});

restartTest('does not apply a feed that was streaming while the server restarted', async (store, restart) => {
  const records = (async function* () {
    for (let i = 0; i < 200; i++) {
      if (i === 100) await restart();
      yield record(`new ${i}`);
    }
  })();
  await assert.rejects(store.advisories.apply(feedUpdate(), records), isUnavailable);
  assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl B']);
  await store.advisories.apply(feedUpdate(), stream([record('A'), record('C')]));
  assert.deepEqual(await hits(store, openssl), ['openssl A', 'openssl C']);
});

restartTest('keeps a lock across a restart', async (store, restart) => {
  const lease = (await store.locks.acquire('debian', 'one', 60_000)) ?? assert.fail();
  await restart();
  assert.equal(await store.locks.acquire('debian', 'two', 60_000), undefined);
  assert.equal(await store.locks.renew(lease, 60_000), true);
});

test('ends a test server together with the process that started it, even if that is killed', {
  timeout,
}, async () => {
  const module = new URL('../../testing/postgres-server.ts', import.meta.url).href;
  const program = (end: string): string =>
    `const { startPostgresServer } = await import(${JSON.stringify(module)});
    const server = await startPostgresServer([]);
    process.stdout.write(server.url());
    ${end}`;
  const ends = ['setInterval(() => {}, 1000);', 'process.exit();', ''].map(async (end) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(end)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    if (end.startsWith('setInterval')) child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await untilClosed(Number(new URL(url.toString()).port));
  });
  await Promise.all(ends);
});

/** Waits until no server accepts connections at a port. The timeout of the test is the limit. */
async function untilClosed(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } catch {
      return;
    }
    socket.destroy();
    await new Promise(setImmediate);
  }
}
