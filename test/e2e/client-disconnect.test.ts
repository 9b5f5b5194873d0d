import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { loadProtos } from '../../src/api/grpc/protos.ts';
import { grpcClient } from '../../src/testing/grpc-client.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { runServer } from './serve-process.ts';
import { dpkgStatus, osRelease, startV1, statuses, type V1Client } from './v1-client.ts';

const timeout = 300_000;
const content = tar([osRelease, { path: 'var/lib/dpkg/status', content: dpkgStatus({ curl: '7.1' }) }]);

for (const engine of sharedEngines) {
  test(`${engine.name}: stores a layer after its client disconnected, and joins retries to the running request`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t));
    const layers = await slowServer(t);
    const layer = { Name: 'layer', Path: layers.url };
    await disconnect((signal) => clair.postLayerUntil(layer, signal), layers);
    const retries = [1, 2].map(() => clair.postLayer(layer));
    // The same layer with another token.
    const renewed = clair.postLayer({ ...layer, Headers: { Authorization: 'Bearer new' } });
    await layers.answer();
    assert.deepEqual(statuses(await Promise.all([...retries, renewed])), [201, 201, 201]);
    assert.equal((await clair.layer('layer')).Features?.length, 1);
    assert.equal(layers.count(), 1);
  });

  test(`${engine.name}: stores a layer that exceeds api.timeout`, { timeout }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t), { CLAIR_API_TIMEOUT: '500ms' });
    const layers = await slowServer(t);
    const { status, body } = await clair.postLayer({ Name: 'layer', Path: layers.url });
    assert.deepEqual(
      [status, (JSON.parse(body) as { Error: { Type: string } }).Error.Type],
      [503, 'Timeout'],
    );
    await layers.answer();
    await pollUntilFound(clair, '/v1/layers/layer');
  });

  test(`${engine.name}: stores an ancestry after its client disconnected, over HTTP and gRPC`, {
    timeout,
  }, async (t) => {
    const clair = await startV1(t, await engine.createLocation(t), { CLAIR_API_TIMEOUT: '2s' });
    const service = (await loadProtos()).service('coreos.clair.AncestryService');
    const client = grpcClient(t, Number(new URL(clair.url('/')).port));
    const layers = await slowServer(t);
    const posted = (name: string): object => ({
      ancestry_name: name,
      format: 'Docker',
      layers: [{ hash: name, path: layers.url }],
    });
    await disconnect(async (signal) => {
      const body = JSON.stringify(posted('http'));
      await fetch(clair.url('/ancestry'), { method: 'POST', body, signal });
    }, layers);
    await layers.answer();
    await pollUntilFound(clair, '/ancestry/http');
    await disconnect(async (signal) => {
      await client.call(service, 'PostAncestry', posted('grpc'), { signal });
    }, layers);
    await layers.answer();
    await pollUntilFound(clair, '/ancestry/grpc');
    await assert.rejects(client.call(service, 'PostAncestry', posted('late'), {}), /DEADLINE_EXCEEDED/);
    await layers.answer();
    await pollUntilFound(clair, '/ancestry/late');
  });
}

test('stops the server in time while it fetches the layer of a disconnected client', {
  timeout,
}, async (t) => {
  const server = await runServer(t, ['serve'], {
    CLAIR_DATABASE_TYPE: 'sqlite',
    CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db'),
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
  });
  const layers = await slowServer(t);
  await disconnect(
    (signal) => server.clair.postLayerUntil({ Name: 'layer', Path: layers.url }, signal),
    layers,
  );
  const { status, seconds } = await server.end();
  assert.equal(status, 0);
  assert.ok(seconds < 5, `stopping took ${seconds} s`);
});

/** Starts a layer server that sends the head of a response, and the rest on request. */
async function slowServer(t: TestContext) {
  const open: ServerResponse[] = [];
  let requested = Promise.withResolvers<undefined>();
  let count = 0;
  const url = await serveHttp(t, (_request, response) => {
    count++;
    response.writeHead(200).flushHeaders();
    open.push(response);
    requested.resolve(undefined);
  });
  return {
    url,
    count: () => count,
    requested: async () => {
      await requested.promise;
    },
    async answer() {
      await requested.promise;
      requested = Promise.withResolvers();
      for (const response of open.splice(0)) {
        response.end(content);
        await once(response, 'close');
      }
    },
  };
}

/** Posts as a client that disconnects once the server has requested the layer. */
async function disconnect(
  post: (signal: AbortSignal) => Promise<void>,
  layers: { readonly requested: () => Promise<void> },
): Promise<void> {
  const client = new AbortController();
  const left = assert.rejects(post(client.signal));
  await layers.requested();
  client.abort();
  await left;
}

async function pollUntilFound(clair: V1Client, path: string): Promise<void> {
  while ((await clair.get(path)).status !== 200) await setTimeout(20);
}
