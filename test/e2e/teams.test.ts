import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, settings } from '../../src/cli/config.ts';
import { printConfig } from '../../src/config/print-config.ts';
import { testAuthority } from '../../src/testing/certificates.ts';
import { listenLocally } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { receiver } from './replay/receiver.ts';
import { dpkgStatus, fixedIn, osRelease, startV1, statuses, waitUntil } from './v1-client.ts';

test('delivers to Teams once but repeats to a webhook until a client acknowledges', async (t) => {
  const authority = testAuthority(t);
  const { cert, key } = authority.issue('localhost');
  const cards: string[] = [];
  const workflows = createServer(
    { cert: readFileSync(cert), key: readFileSync(key) },
    (request, response) => {
      void request.toArray().then((pieces) => {
        cards.push(Buffer.concat(pieces as Buffer[]).toString());
        response.writeHead(202).end();
      });
    },
  );
  const hook = await receiver(t);
  hook.answer(200);
  const clair = await startV1(t, ':memory:', {
    CLAIR_NOTIFIER_HTTP_ENDPOINT: `${hook.url}/notify`,
    CLAIR_NOTIFIER_RENOTIFYINTERVAL: '1s',
    CLAIR_NOTIFIER_TEAMS_ENDPOINT: `https://${await listenLocally(t, workflows)}/invoke?sig=a`,
    CLAIR_NOTIFIER_TEAMS_CAFILE: authority.cert,
  });
  const layer = join(temporaryDirectory(t), 'layer.tar');
  const status = dpkgStatus({ curl: '7.1' });
  writeFileSync(layer, tar([osRelease, { path: 'var/lib/dpkg/status', content: status }]));
  const answers = [
    await clair.postLayer({ Name: 'shop', Path: layer }),
    await clair.postVulnerability({ Name: 'CVE-2026-1', FixedIn: fixedIn('curl', '9') }),
  ];
  assert.deepEqual(new Set(statuses(answers)), new Set([201]));
  await waitUntil(() => hook.posts.length >= 3);
  assert.equal(cards.length, 1);
  assert.match(cards[0] ?? '', /New: CVE-2026-1 \(High\) in debian:12.*- shop: curl 7\.1 \(fixed in 9\)/);
});

test('does not print the URL of a channel with the configuration', () => {
  const endpoint = 'https://teams.test/workflows/secret/invoke?sig=secret';
  const printed = printConfig(loadConfig({}, { CLAIR_NOTIFIER_TEAMS_ENDPOINT: endpoint }), settings);
  assert.match(printed, /teams:\n\s+endpoint: \(secret\)/);
  assert.doesNotMatch(printed, /teams\.test/);
});
