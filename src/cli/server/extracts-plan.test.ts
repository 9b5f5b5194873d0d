import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readConfig } from '../../config/read-config.ts';
import { settingsWith } from '../../config/settings.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { extractBucketOf } from './extracts-plan.ts';

type Extracts = Parameters<typeof extractBucketOf>[0];

const settings = settingsWith({ transports: [] });

const s3 = {
  keep: 's3',
  endpoint: 'https://s3.example.org',
  bucket: 'extracts',
  accesskey: 'account',
  secretkey: 'planted-secret',
};

function extracts(values: object): Extracts {
  const text = JSON.stringify({ clair: { extracts: values } });
  return readConfig({ settings, file: { name: 'c.json', text }, env: {} }).extracts;
}

test('opens a bucket only if the settings keep extracts in one', () => {
  assert.equal(extractBucketOf(extracts({})), undefined);
  assert.equal(extractBucketOf(extracts({ keep: 'store' })), undefined);
  assert.ok(extractBucketOf(extracts(s3)));
});

test('refuses settings with which no request can be made', () => {
  for (const [changes, setting] of [
    [{ endpoint: '' }, 'endpoint'],
    [{ endpoint: 's3.example.org' }, 'endpoint'],
    [{ endpoint: 'https://s3.example.org/extracts' }, 'endpoint'],
    [{ endpoint: 'https://me:planted-secret@s3.example.org' }, 'endpoint'],
    [{ bucket: '' }, 'bucket'],
    [{ bucket: 'a/b' }, 'bucket'],
    [{ prefix: 'a b' }, 'prefix'],
    [{ secretkey: '' }, 'accesskey'],
    [{ credentialsfile: '/missing' }, 'credentialsfile'],
    [{ accesskey: '', secretkey: '', credentialsfile: '/missing' }, 'credentialsfile'],
    [{ cafile: '/missing' }, 'cafile'],
  ] as const)
    assert.throws(
      () => extractBucketOf(extracts({ ...s3, ...changes })),
      (error: Error) => {
        assert.match(error.message, new RegExp(`^extracts\\.${setting} `));
        assert.ok(!error.message.includes('planted'), error.message);
        return true;
      },
    );
});

test('reads keys that change from a file', async (t: TestContext) => {
  const accounts: string[] = [];
  const endpoint = await serveHttp(t, ({ headers }, response) => {
    accounts.push(/Credential=(\w+)/.exec(headers.authorization ?? '')?.[1] ?? '');
    response.writeHead(204).end();
  });
  const path = join(temporaryDirectory(t), 'credentials');
  const write = (account: string): void => {
    const other = '[other]\naws_access_key_id = x\n';
    const own = `[default]\naws_access_key_id = ${account}\naws_secret_access_key=planted=secret\n`;
    writeFileSync(path, own + other);
  };
  write('first');
  const bucket = extractBucketOf(
    extracts({ ...s3, endpoint, accesskey: '', secretkey: '', credentialsfile: path }),
  );
  await bucket?.remove('sha256:00');
  write('second');
  await bucket?.remove('sha256:00');
  assert.deepEqual(accounts, ['first', 'second']);
  writeFileSync(path, '[default]\naws_secret_access_key = planted\n');
  await assert.rejects(async () => await bucket?.remove('sha256:00'), {
    message: /names .*credentials, which has no keys in its section \[default\]$/,
  });
});
