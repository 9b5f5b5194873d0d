import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/cli/config.ts';
import { startServer } from '../../src/cli/server/start-server.ts';
import type { BatchNotificationContent } from '../../src/plugin/transport.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { receiver } from './replay/receiver.ts';
import { dpkgStatus, fixedIn, osRelease, startV1, statuses, waitUntil } from './v1-client.ts';

for (const engine of sharedEngines)
  test(`${engine.name}: delivers all changes of an image within a window in one message`, async (t) => {
    const notificationReceiver = await receiver(t);
    notificationReceiver.answer(500, 201);
    const clair = await startV1(t, await engine.createLocation(t), {
      CLAIR_NOTIFIER_HTTP_ENDPOINT: `${notificationReceiver.url}/notify`,
      CLAIR_NOTIFIER_HTTP_MODE: 'full',
      CLAIR_NOTIFIER_DIGEST: '2s',
    });
    const layer = join(temporaryDirectory(t), 'layer.tar');
    const status = dpkgStatus({ curl: '7.1', zlib: '1.2' });
    writeFileSync(layer, tar([osRelease, { path: 'var/lib/dpkg/status', content: status }]));
    const answers = [await clair.postLayer({ Name: 'shop', Path: layer })];
    for (const [i, name] of ['curl', 'zlib', 'absent'].entries())
      answers.push(await clair.postVulnerability({ Name: `CVE-2026-${i}`, FixedIn: fixedIn(name, '9') }));
    assert.deepEqual(new Set(statuses(answers)), new Set([201]));
    await waitUntil(() => notificationReceiver.posts.some(({ status }) => status === 201));
    const bodies = notificationReceiver.posts.map(({ body }) => body);
    assert.equal(new Set(bodies).size, 1, 'the redelivery has the same body');
    const digest = JSON.parse(bodies[0] ?? '') as BatchNotificationContent & {
      Notification: { Name: string };
    };
    assert.deepEqual(digest.image.names, ['shop']);
    assert.deepEqual(
      digest.changes.map(({ kind, new: is, packages, fix }) => [kind, is?.id, packages[0]?.name, fix]),
      [
        ['new', 'CVE-2026-0', 'curl', { state: 'fixed', version: '9' }],
        ['new', 'CVE-2026-1', 'zlib', { state: 'fixed', version: '9' }],
      ],
    );
    const notificationPath = `/v1/notifications/${digest.Notification.Name}`;
    assert.equal((await clair.remove(notificationPath)).status, 200);
    assert.equal(
      (await clair.get(`${notificationPath}?limit=1`)).status,
      404,
      'Clair’s API does not serve batches',
    );
  });

test('rejects batches when the webhook sends only names', async () => {
  const config = loadConfig(
    {},
    {
      CLAIR_DATABASE_OPTIONS_PATH: ':memory:',
      CLAIR_NOTIFIER_HTTP_ENDPOINT: 'http://127.0.0.1:1/',
      CLAIR_NOTIFIER_DIGEST: '1h',
    },
  );
  await assert.rejects(startServer(config, { log: pino({ level: 'silent' }) }), {
    code: 'config-invalid',
    message: 'notifier.digest needs notifier.http.mode to be full',
  });
});
