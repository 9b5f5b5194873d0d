import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareServers } from '../../fuzz/engines/compare-servers.ts';
import { temporaryDirectory, temporarySchema } from '../../src/testing/store-engines.ts';

test('sends the same response bytes on both engines for every request', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory(t);
  const found: string[] = [];
  const { differences, statuses } = await compareServers({
    requests: 300,
    seed: 20,
    directory,
    databases: [join(directory, 'clair.db'), await temporarySchema(t)],
    onDifference: (difference) => found.push(difference),
  });
  assert.equal(found.join('\n'), '');
  assert.equal(differences, 0);
  for (const status of [200, 201, 400, 404, 422]) assert.ok((statuses.get(status) ?? 0) > 5, `${status}`);
});
