import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startMailServer } from '../../src/testing/mail-server.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { dpkgStatus, fixedIn, osRelease, startV1, statuses, waitUntil } from './v1-client.ts';

test('sends a mail about a change once the mail server accepts it', async (t) => {
  let refusals = 1;
  const refuseRecipient = (): number => (refusals-- > 0 ? 451 : 0);
  const login = { user: 'clair', password: 'secret' };
  const { options, received } = await startMailServer(t, { login, refuseRecipient });
  const clair = await startV1(t, ':memory:', {
    CLAIR_NOTIFIER_EMAIL_SERVER: options.server,
    CLAIR_NOTIFIER_EMAIL_USER: options.user,
    CLAIR_NOTIFIER_EMAIL_PASSWORD: options.password,
    CLAIR_NOTIFIER_EMAIL_FROM: options.from,
    CLAIR_NOTIFIER_EMAIL_TO: options.to.join(','),
    CLAIR_NOTIFIER_EMAIL_CAFILE: options.cafile,
  });
  const layer = join(temporaryDirectory(t), 'layer.tar');
  const status = dpkgStatus({ curl: '7.1' });
  writeFileSync(layer, tar([osRelease, { path: 'var/lib/dpkg/status', content: status }]));
  const answers = [
    await clair.postLayer({ Name: 'shop', Path: layer }),
    await clair.postVulnerability({ Name: 'CVE-2026-1', FixedIn: fixedIn('curl', '9') }),
  ];
  assert.deepEqual(new Set(statuses(answers)), new Set([201]));
  await waitUntil(() => received.length > 0);
  const [mail = assert.fail(), ...others] = received;
  assert.deepEqual([others, refusals], [[], -1]);
  assert.equal(mail.headers.get('subject'), 'New: CVE-2026-1 (High) in debian:12');
  for (const part of [mail.text, mail.html]) assert.match(part, /shop: curl 7\.1 \(fixed in 9\)/);
});
