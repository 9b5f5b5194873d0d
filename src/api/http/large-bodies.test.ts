import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { startApiServer } from '../../testing/api-server.ts';
import type { ApiRequest } from './route.ts';
import { routerOf } from './router.ts';

/** Starts a server that reads all bodies concurrently, and records the turn of the event loop in which each arrives. */
async function startServer(
  t: TestContext,
  requests: number,
): Promise<{ readonly port: number; readonly turns: number[] }> {
  const turns: number[] = [];
  const all = Promise.withResolvers<undefined>();
  let arrived = 0;
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  count();
  const post = {
    name: 'post',
    method: 'POST',
    path: '/',
    async handle({ body }: Pick<ApiRequest, 'body'>) {
      arrived++;
      if (arrived === requests)
        setTimeout(() => {
          all.resolve(undefined);
        }, 0);
      await all.promise;
      await body();
      turns.push(turn);
      return { status: 200 };
    },
  };
  const server = await startApiServer(t, { routers: () => [routerOf('', [post])] });
  t.after(() => {
    isOver = true;
  });
  return { port: server.port, turns };
}

async function send(port: number, bytes: number): Promise<void> {
  const posted = request({ port, host: '127.0.0.1', method: 'POST', path: '/' });
  posted.end(Buffer.alloc(bytes));
  const [response] = (await once(posted, 'response')) as [NodeJS.ReadableStream];
  response.resume();
  await once(response, 'end');
}

test('passes on concurrent large bodies in one turn of the event loop each', async (t) => {
  const { port, turns } = await startServer(t, 20);
  await Promise.all(Array.from({ length: 20 }, () => send(port, limits.largeBodyBytes + 1)));
  assert.equal(turns.length, 20);
  assert.equal(new Set(turns).size, 20);
});
