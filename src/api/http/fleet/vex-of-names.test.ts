import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { affectedBy } from '../../../service/notifications/affected-images.ts';
import {
  addImageName,
  debianImage,
  debianRecord,
  type FleetServer,
  fleetDeps,
  fleetServer,
} from '../../../testing/fleet-server.ts';
import { storeEngines } from '../../../testing/store-engines.ts';
import { openVexDocument } from '../../../testing/vex-documents.ts';

const prod = 'registry.example/prod/app';

/** Saves a statement that the finding does not affect the image of a repository. */
async function saveStatement({ call }: FleetServer, file: string, repository: string): Promise<void> {
  const document = openVexDocument([
    {
      vulnerability: { name: 'CVE-2026-1' },
      products: [{ '@id': `pkg:oci/app?repository_url=${encodeURIComponent(repository)}` }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    },
  ]);
  const body = JSON.stringify(document);
  assert.equal((await call(`/suppressions/${file}`, { method: 'PUT', body })).status, 200);
}

/** Returns the numbers of findings that count and that are suppressed in a report. */
async function countsIn({ get }: FleetServer, path: string): Promise<[number, number]> {
  const { matches, suppressed } = await get<{ matches: object[]; suppressed: object[] }>(path);
  return [matches.length, suppressed.length];
}

async function affectedCounts({ store, clock }: FleetServer): Promise<unknown> {
  const deps = fleetDeps(store, extensions, () => new Date(clock.at));
  const { suppressions } = deps;
  assert.ok('current' in suppressions);
  const list = await affectedBy('CVE-2026-1', { limit: 10 }, { store, extensions, suppressions });
  return [list?.images.length, list?.suppressed];
}

for (const engine of storeEngines)
  test(`${engine.name}: a statement on one repository suppresses no finding of another with the same image`, async (t) => {
    const server = await fleetServer(t, { extensions, engine });
    const { repository: sandbox, store } = server;
    await server.applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '2' })]);
    const digest = await server.scan(debianImage('openssl 1'), '1');
    const report = `/images/${digest}/report`;
    await saveStatement(server, 'sandbox.json', sandbox);
    assert.deepEqual(await countsIn(server, report), [0, 1], 'its only name is in the sandbox');
    assert.deepEqual(await affectedCounts(server), [0, 1]);

    await addImageName(store, digest, `${prod}:1`);
    assert.deepEqual(await countsIn(server, report), [1, 0]);
    assert.deepEqual(await countsIn(server, `${report}?name=${prod}:1`), [1, 0]);
    assert.deepEqual(await countsIn(server, `${report}?name=${prod}@${digest}`), [1, 0]);
    assert.deepEqual(await countsIn(server, `${report}?name=${sandbox}:1`), [0, 1]);
    assert.deepEqual(await affectedCounts(server), [1, 0]);

    await saveStatement(server, 'prod.json', prod);
    assert.deepEqual(await countsIn(server, report), [0, 1], 'statements cover both names');
    assert.deepEqual(await affectedCounts(server), [0, 1]);
    await server.call('/suppressions/prod.json', { method: 'DELETE' });
    await store.knownImages.endNames([{ repository: prod, tag: '1' }]);
    assert.deepEqual(await countsIn(server, report), [0, 1], 'the other name is gone');
    assert.deepEqual(await affectedCounts(server), [0, 1]);
  });

test('a report for a name has no other name, also for a token that is limited to repositories', async (t) => {
  const secret = 'the-secret-of-a-team';
  const hash = createHash('sha256').update(secret).digest('hex');
  const tokens = [`read:${hash}:team::${prod}`];
  const server = await fleetServer(t, { extensions, tokens });
  const { repository: sandbox } = server;
  const digest = await server.scan(debianImage('openssl 1'), '1');
  await addImageName(server.store, digest, `${prod}:1`);
  const init = { headers: { authorization: `Bearer ${secret}` } };
  for (const query of ['', `?name=${prod}:1`]) {
    const text = await (await server.call(`/images/${digest}/report${query}`, init)).text();
    const { target } = JSON.parse(text) as { target: { reference: string; names: string[] } };
    assert.deepEqual([target.reference, target.names], [`registry:${prod}:1`, [`${prod}:1`]]);
    assert.equal(text.includes(sandbox), false);
  }
  for (const name of [`${sandbox}:1`, `${sandbox}@${digest}`, 'x y'])
    assert.equal((await server.refusal(`/images/${digest}/report?name=${name}`, init))[0], 404, name);
});
