import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveHttp } from '../../src/testing/http-server.ts';
import { startReplicatedServers } from '../../src/testing/replicated-servers.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { dpkgStatus, osRelease, startV1 } from './v1-client.ts';

test('answers with what was just posted while a replica serves the reads', {
  timeout: 120_000,
}, async (t) => {
  const servers = await startReplicatedServers(t);
  const clair = await startV1(t, servers.primary, { CLAIR_DATABASE_OPTIONS_REPLICASOURCE: servers.replica });
  const url = await serveHttp(t, ({ url: path = '' }, response) => {
    const content = dpkgStatus({ curl: path.slice(1) });
    response.end(tar([osRelease, { path: 'var/lib/dpkg/status', content }]));
  });
  const versionOf = async (name: string): Promise<string | undefined> => {
    const { Features: features = [] } = await clair.layer(name);
    return features.find(({ Name }) => Name === 'curl')?.Version;
  };
  for (let round = 0; round < 20; round++) {
    assert.equal((await clair.postLayer({ Name: `layer-${round}`, Path: `${url}/7.${round}` })).status, 201);
    assert.equal(await versionOf(`layer-${round}`), `7.${round}`);
  }
  for (let round = 0; round < 500 && !(await servers.hasRead()); round++) await versionOf('layer-0');
  assert.ok(await servers.hasRead(), 'the replica was not read');
  await servers.end();
  for (let round = 0; round < 20; round++) assert.equal(await versionOf(`layer-${round}`), `7.${round}`);
});
