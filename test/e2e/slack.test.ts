import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { testAuthority } from '../../src/testing/certificates.ts';
import { listenLocally } from '../../src/testing/http-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { dpkgStatus, fixedIn, osRelease, startV1, statuses, waitUntil } from './v1-client.ts';

test('delivers later when Slack limits the rate, and repeats nothing that it accepted', async (t) => {
  const authority = testAuthority(t);
  const { cert, key } = authority.issue('localhost');
  const messages: string[] = [];
  const answers = [429, 200];
  const slack = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    void request.toArray().then((pieces) => {
      messages.push(Buffer.concat(pieces as Buffer[]).toString());
      const status = answers.shift() ?? 200;
      response.writeHead(status, { 'retry-after': '1' }).end(status === 200 ? 'ok' : 'rate_limited');
    });
  });
  const clair = await startV1(t, ':memory:', {
    CLAIR_NOTIFIER_RENOTIFYINTERVAL: '1s',
    CLAIR_NOTIFIER_SLACK_ENDPOINT: `https://${await listenLocally(t, slack)}/services/T0/B0/secret`,
    CLAIR_NOTIFIER_SLACK_CAFILE: authority.cert,
  });
  const layer = join(temporaryDirectory(t), 'layer.tar');
  const status = dpkgStatus({ curl: '7.1' });
  writeFileSync(layer, tar([osRelease, { path: 'var/lib/dpkg/status', content: status }]));
  const said = [
    await clair.postLayer({ Name: 'shop', Path: layer }),
    await clair.postVulnerability({ Name: 'CVE-2026-1', FixedIn: fixedIn('curl', '9') }),
    await clair.postVulnerability({ Name: 'CVE-2026-2', FixedIn: fixedIn('curl', '8') }),
  ];
  assert.deepEqual(new Set(statuses(said)), new Set([201]));
  await waitUntil(() => messages.length >= 3);
  // Longer than the interval of a redelivery.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const [refused, ...taken] = messages.map((message) => /CVE-2026-\d/.exec(message)?.[0]);
  assert.equal(refused, 'CVE-2026-1');
  assert.deepEqual(taken.toSorted(), ['CVE-2026-1', 'CVE-2026-2']);
  assert.match(
    messages.join('\n'),
    /"New: CVE-2026-1 \(High\) in debian:12".*"- shop: curl 7\.1 \(fixed in 9\)"/,
  );
});
