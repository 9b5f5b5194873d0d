import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeClair2 } from '../../src/store/contract/clair2-schema.ts';
import { temporaryDirectory, temporarySchema } from '../../src/testing/store-engines.ts';
import { clair } from './clair.ts';
import { runServer } from './serve-process.ts';

test('clair migrate takes over vulnerabilities and notifications, which the v1 API then serves', {
  timeout: 120_000,
}, async (t) => {
  const name = 'e3363e4f-02b3-4f32-bde9-b8d04992150b';
  const place = await makeClair2(
    await temporarySchema(t),
    [
      { namespace: 'debian:10', name: 'ACME-1', severity: 'Low', isDeleted: true, fixedIn: { curl: '1.0' } },
      { namespace: 'debian:10', name: 'ACME-1', severity: 'High', fixedIn: { curl: '1.1' } },
      { namespace: 'debian:10', name: 'CVE-2020-1' },
    ],
    [{ name, old: 1, new: 2 }],
  );
  const db = join(temporaryDirectory(t), 'clair.db');
  const dry = clair(['migrate', '--from', place, '--db', db, '--dry-run']);
  assert.equal(dry.status, 0, dry.stderr);
  assert.match(dry.stdout, /debian:10 +skipped +1 +a vendor may have written it +-\n/);
  assert.match(dry.stdout, /would take over 1 vulnerability and 1 notification\n$/);
  assert.match(
    clair(['migrate', '--from', place, '--db', db]).stdout,
    /took over 1 vulnerability and 1 notif/,
  );

  const server = await runServer(t, ['serve'], {
    CLAIR_DATABASE_OPTIONS_PATH: db,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0s',
  });
  const get = async (path: string): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${server.ports.api}/v1/${path}`)).text();
  const severityOf = (side: string): RegExp => new RegExp(`"${side}":\\{"Vulnerability":\\{[^}]*"Severity"`);
  const notification = await get(`notifications/${name}?limit=10`);
  assert.match(notification, severityOf('Old'));
  assert.match(notification, /"Severity":"Low".*"Version":"1\.0".*"Severity":"High".*"Version":"1\.1"/);
  assert.match(await get('namespaces/debian:10/vulnerabilities/ACME-1?fixedIn'), /"Version":"1\.1"/);

  const refused = clair(['migrate', '--from', await temporarySchema(t), '--db', db]);
  assert.equal(refused.status, 3);
  assert.match(refused.stderr, /is not one of Clair 2\.0\.1 to 2\.1\.8/);
  const wrong = clair([
    'migrate',
    '--from',
    'postgresql://u:secret@127.0.0.1:1/x?sslmode=disable',
    '--db',
    db,
  ]);
  assert.equal(wrong.status, 3);
  assert.doesNotMatch(wrong.stderr, /secret/);
});
