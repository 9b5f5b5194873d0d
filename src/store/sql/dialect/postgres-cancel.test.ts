import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { temporarySchema } from '../../../testing/store-engines.ts';
import { proxyBefore } from '../../../testing/tcp-proxy.ts';
import { storeTimeout } from '../../store-timeout.ts';
import { limitQuery } from './postgres-cancel.ts';
import { runStatement, SettledClient, type StoreClient } from './postgres-client.ts';
import { parsePostgresSource } from './postgres-source.ts';

/** Returns a function that runs a statement as a request does, with a time limit. */
async function open(
  context: TestContext,
  url: string,
): Promise<(text: string, ms: number) => Promise<unknown>> {
  const { client: config, settings } = parsePostgresSource(url);
  const client = new SettledClient({ ...config, settings });
  client.on('error', () => undefined);
  await client.connect();
  context.after(() => client.end());
  const one = client as unknown as StoreClient;
  return async (text, ms) =>
    await storeTimeout.run(500, () => limitQuery(one, config, () => runStatement(one, { text }), ms));
}

test('cancels a query of a request at its time limit, and keeps the connection', async (t) => {
  const run = await open(t, await temporarySchema(t));
  await assert.rejects(run('select pg_sleep(60)', 300), { code: '57014' });
  await run('select 1', 10_000);
});

test('closes the connection if a server does not cancel a query', async (t) => {
  const { proxy, url } = await proxyBefore(t, await temporarySchema(t));
  const run = await open(t, url);
  proxy.stall();
  const start = performance.now();
  await assert.rejects(run('select 1', 300), /Connection terminated/);
  assert.ok(performance.now() - start < 10_000);
});
