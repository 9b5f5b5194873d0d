import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadProtos } from '../../src/api/grpc/protos.ts';
import { limits } from '../../src/core/limits.ts';
import { grpcClient } from '../../src/testing/grpc-client.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../src/testing/store-content.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { startEndpoints } from './replay/replay.ts';
import { bookworm, startV1, V1Client } from './v1-client.ts';

const protos = await loadProtos();
const cap = limits.listedPerPage;
const carriers = cap + 1;

interface V1Notification {
  readonly Limit: number;
  readonly NextPage?: string;
  readonly New: { readonly LayersIntroducingVulnerability: readonly string[] };
}

interface V3Notification {
  readonly new: {
    readonly limit: number;
    readonly next_page: string;
    readonly ancestries?: readonly unknown[];
  };
}

for (const engine of sharedEngines)
  test(`${engine.name}: caps the pages of a notification in the v1 and v3 APIs and returns the rest on later pages`, {
    timeout: 120_000,
  }, async (t) => {
    const place = await engine.createLocation(t);
    let name = '';
    {
      await using store = await engine.open(place);
      const number = await store.images.save(image([installed('openssl')]));
      for (let i = 0; i < carriers; i++) {
        await store.ancestries.save(ancestry(`shop ${i}`, number));
        const layer = { name: `layer ${i}`, parent: null, image: number, format: 'Docker', engineVersion: 3 };
        await store.namedLayers.save(layer);
      }
      await store.advisories.apply(
        feedUpdate(),
        stream([record('CVE-2026-0', { affected: [affectedRow('other')] })]),
      );
      await store.advisories.apply(feedUpdate({ fingerprint: 'two' }), stream([record('CVE-2026-1')]));
      await store.notifications.createFromEvents(9);
      name = (await store.notifications.findDue(9))[0]?.name ?? '';
    }
    const { ports } = await startEndpoints(t, place);
    const clair = new V1Client(ports.get(16_060) ?? 0, ports.get(16_061) ?? 0);
    const path = `/v1/notifications/${name}?limit=2000000000`;
    const v1 = async (page = ''): Promise<V1Notification> =>
      (JSON.parse((await clair.get(path + page)).body) as { Notification: V1Notification }).Notification;
    const first = await v1();
    assert.deepEqual([first.Limit, first.New.LayersIntroducingVulnerability.length], [cap, cap]);
    const second = await v1(`&page=${encodeURIComponent(first.NextPage ?? '')}`);
    assert.deepEqual(
      [second.New.LayersIntroducingVulnerability.length, second.NextPage],
      [carriers - cap, undefined],
    );

    const v3 = JSON.parse((await clair.get(`/notifications/${name}?limit=2000000000`)).body) as {
      notification: V3Notification;
    };
    const grpc = (await grpcClient(t, ports.get(36_060) ?? 0).call(
      protos.service('coreos.clair.NotificationService'),
      'GetNotification',
      { name, limit: 2_000_000_000 },
    )) as { notification: V3Notification };
    for (const { notification } of [v3, grpc]) {
      const { limit, next_page: next, ancestries = [] } = notification.new;
      assert.deepEqual([limit, ancestries.length, next !== ''], [cap, cap, true]);
    }
  });

test('ends a page of vulnerabilities early when their text is long, with the token of the next page', {
  timeout: 120_000,
}, async (t) => {
  const clair = await startV1(t, join(temporaryDirectory(t), 'clair.db'));
  const Description = 'x'.repeat(1_000_000);
  const count = 20;
  for (let i = 0; i < count; i++)
    assert.equal((await clair.postVulnerability({ Name: `CVE-2026-${i}`, Description })).status, 201);
  const lengths: number[] = [];
  for (let page: string | undefined = ''; page !== undefined; ) {
    const token = page === '' ? '' : `&page=${encodeURIComponent(page)}`;
    const { body } = await clair.get(`/v1/namespaces/${bookworm}/vulnerabilities?limit=1000${token}`);
    assert.ok(body.length < limits.listCharacters + 1_100_000);
    const list = JSON.parse(body) as { Vulnerabilities: unknown[]; NextPage?: string };
    lengths.push(list.Vulnerabilities.length);
    page = list.NextPage;
  }
  assert.deepEqual(lengths, [9, 9, 2]);
});
