import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { NotificationEnvelope } from '../../src/api/http/v1/types.ts';
import type { GetAncestryResponse } from '../../src/api/http/v3/types.ts';
import { type SharedEngine, sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';
import { dpkgStatus, fixedIn, osRelease, startV1, type V1Client } from './v1-client.ts';

const timeout = 300_000;
const database = 'var/lib/dpkg/status';
const old = dpkgStatus({ openssl: '1.1.0f-3', zlib: '1' });
const upgraded = dpkgStatus({ openssl: '1.1.0f-4' });

for (const engine of sharedEngines) {
  test(`${engine.name}: AddedBy names the layer in which a package was added again after its removal`, {
    timeout,
  }, async (t) => {
    const { clair, place } = await startOn(t, engine);
    const [base, up] = [
      layerFile(t, [{ path: database, content: old }]),
      layerFile(t, [databaseOf(upgraded)]),
    ];
    await postChain(clair, [base, up, base]);
    assert.deepEqual(await addedBy(clair, 'b0'), ['openssl 1.1.0f-3 b0', 'zlib 1 b0']);
    assert.deepEqual(await addedBy(clair, 'b1'), ['openssl 1.1.0f-4 b1']);
    assert.deepEqual(await addedBy(clair, 'b2'), ['openssl 1.1.0f-3 b2', 'zlib 1 b2']);
    assert.deepEqual(await inAncestry(clair, [base, up, base]), [[], [], ['openssl', 'zlib']]);
    assert.deepEqual(await introducing(clair, engine, place), ['b0', 'b2']);
  });

  test(`${engine.name}: AddedBy names the layer in which a package was added again after its database was removed`, {
    timeout,
  }, async (t) => {
    const { clair, place } = await startOn(t, engine);
    const base = layerFile(t, [databaseOf(old)]);
    const removed = layerFile(t, [{ path: 'var/lib/.wh.dpkg', content: '' }]);
    await postChain(clair, [base, removed, base]);
    assert.deepEqual(await addedBy(clair, 'b1'), []);
    assert.deepEqual(await addedBy(clair, 'b2'), ['openssl 1.1.0f-3 b2', 'zlib 1 b2']);
    assert.deepEqual(await inAncestry(clair, [base, removed, base]), [[], [], ['openssl', 'zlib']]);
    assert.deepEqual(await introducing(clair, engine, place), ['b0', 'b2']);
  });
}

test('adds a source package in the lowest layer that has a binary package of it', {
  timeout,
}, async (t) => {
  const [engine = assert.fail()] = sharedEngines;
  const { clair } = await startOn(t, engine);
  const binary = (name: string): string =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3\n\n`;
  const [lib, both] = [binary('libssl'), binary('bin-openssl') + binary('libssl')];
  await postChain(clair, [layerFile(t, [databaseOf(lib)]), layerFile(t, [databaseOf(both)])]);
  assert.deepEqual(await addedBy(clair, 'b1'), ['openssl 3 b0']);
});

function databaseOf(content: string): TarEntryPlan {
  return { path: database, content };
}

async function startOn(t: TestContext, engine: SharedEngine): Promise<{ clair: V1Client; place: string }> {
  const place = await engine.createLocation(t);
  return { clair: await startV1(t, place, { CLAIR_NOTIFIER_HTTP_ENDPOINT: 'http://127.0.0.1:1' }), place };
}

function layerFile(t: TestContext, entries: readonly TarEntryPlan[]): string {
  const file = join(temporaryDirectory(t), 'layer.tar');
  writeFileSync(file, tar([osRelease, ...entries]));
  return file;
}

/** Posts files as layers b0, b1, … on top of each other. */
async function postChain(clair: V1Client, files: readonly string[]): Promise<void> {
  for (const [i, Path] of files.entries()) {
    const parent = i === 0 ? {} : { ParentName: `b${i - 1}` };
    const { status, body } = await clair.postLayer({ Name: `b${i}`, Path, ...parent });
    assert.equal(status, 201, body);
  }
}

async function addedBy(clair: V1Client, name: string): Promise<string[]> {
  const { Features = [] } = await clair.layer(name);
  return Features.map(({ Name, Version, AddedBy }) => `${Name} ${Version} ${AddedBy}`).toSorted();
}

/** Returns the binary packages of each layer, the lowest first, according to the v3 API. */
async function inAncestry(clair: V1Client, files: readonly string[]): Promise<string[][]> {
  const layers = files.map((path, i) => ({ hash: path === files[0] ? 'base' : `layer ${i}`, path }));
  const posted = JSON.stringify({ ancestry_name: 'image', format: 'Docker', layers });
  const answer = await fetch(clair.url('/ancestry'), { method: 'POST', body: posted });
  assert.equal(answer.status, 200, await answer.text());
  const { ancestry } = JSON.parse((await clair.get('/ancestry/image')).body) as GetAncestryResponse;
  return (ancestry?.layers ?? []).map(({ detected_features: features = [] }) =>
    features.filter((one) => one.feature_type === 'binary').map(({ name = '' }) => name),
  );
}

/** Returns the layers that a notification about `openssl` names. */
async function introducing(clair: V1Client, engine: SharedEngine, place: string): Promise<readonly string[]> {
  await clair.postVulnerability({ Name: 'CVE-2024-1', FixedIn: fixedIn('openssl', '1.1.0f-4') });
  await using store = await engine.open(place, { now: () => Date.now() + 3_600_000 });
  let [notification] = await store.notifications.findDue(1);
  while (notification === undefined) {
    await setTimeout(20);
    [notification] = await store.notifications.findDue(1);
  }
  const { body } = await clair.get(`/v1/notifications/${notification.name}?limit=10`);
  const { Notification } = JSON.parse(body) as NotificationEnvelope;
  return Notification?.New?.LayersIntroducingVulnerability ?? [];
}
