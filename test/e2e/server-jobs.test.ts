import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveHttp } from '../../src/testing/http-server.ts';
import { temporarySchema } from '../../src/testing/store-engines.ts';
import { runServer } from './serve-process.ts';

const timeout = 120_000;

interface JobStatus {
  readonly name: string;
  readonly state: string;
  readonly attempt: number;
}

async function jobOf(healthPort: number, name: string): Promise<JobStatus | undefined> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/status`);
  const { jobs } = (await response.json()) as { readonly jobs: readonly JobStatus[] };
  return jobs.find((job) => job.name === name);
}

test('continues an update on another server at once when its server stops', { timeout }, async (t) => {
  const requests: ReturnType<typeof Promise.withResolvers<number>>[] = [0, 1, 2].map(() =>
    Promise.withResolvers(),
  );
  let count = 0;
  // The mirror never answers a request for the feed.
  const mirror = await serveHttp(t, ({ url }, response) => {
    if (url?.endsWith('/errata.full.json')) requests[count++]?.resolve(performance.now());
    else response.writeHead(404).end();
  });
  const env = {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_DATABASE_TYPE: 'pgsql',
    CLAIR_DATABASE_OPTIONS_SOURCE: await temporarySchema(t),
    CLAIR_UPDATER_MIRROR: mirror,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alma',
    CLAIR_UPDATER_SOURCES_ALMA_FEEDS: '9',
  };
  const first = await runServer(t, ['serve'], env);
  await requests[0]?.promise;
  const second = await runServer(t, ['serve'], env);
  const running = await jobOf(second.ports.health, 'update alma');
  assert.deepEqual([running?.state, running?.attempt], ['running', 1]);
  assert.equal(count, 1, 'one server of two updates the source');

  const stopped = performance.now();
  assert.equal((await first.end()).status, 0);
  const again = (await requests[1]?.promise) ?? assert.fail();
  // Without a hand-back, it would be a minute.
  assert.ok(again - stopped < 20_000, `continued after ${(again - stopped).toFixed(0)} ms`);
  const continued = await jobOf(second.ports.health, 'update alma');
  assert.deepEqual([continued?.state, continued?.attempt], ['running', 1]);
});
