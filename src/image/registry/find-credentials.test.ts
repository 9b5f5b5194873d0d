import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findCredentials, hasUnboundCredentials, withoutUnboundCredentials } from './find-credentials.ts';

/** Creates a home directory with these files. */
function home(context: TestContext, files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'clair-home-'));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    if (name.startsWith('bin/')) chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

function auth(username: string): { auth: string } {
  return { auth: Buffer.from(`${username}:secret of ${username}`).toString('base64') };
}

const scope = { registry: 'registry.example', repository: 'acme/team/app', isMirror: false };

async function usernameFor(
  env: NodeJS.ProcessEnv,
  what: Partial<typeof scope> = {},
): Promise<string | undefined> {
  const { credentials } = await findCredentials({ ...scope, ...what }, env);
  if (credentials === undefined) return undefined;
  return credentials.kind === 'password' ? credentials.username : `${credentials.kind} ${credentials.token}`;
}

test('prefers the environment, for one host when it names one, and not for mirrors otherwise', async (context) => {
  const folder = home(context, { '.docker/config.json': { auths: { 'registry.example': auth('file') } } });
  const env = { HOME: folder, CLAIR_REGISTRY_USERNAME: 'env', CLAIR_REGISTRY_PASSWORD: 'p' };
  assert.equal(await usernameFor(env), 'env');
  assert.equal(await usernameFor({ ...env, CLAIR_REGISTRY_HOST: 'Registry.Example' }), 'env');
  assert.equal(await usernameFor({ ...env, CLAIR_REGISTRY_HOST: 'other.example' }), 'file');
  assert.equal(await usernameFor(env, { isMirror: true }), 'file');
  assert.equal(
    await usernameFor({ ...env, CLAIR_REGISTRY_HOST: 'registry.example' }, { isMirror: true }),
    'env',
  );
  assert.equal(await usernameFor({ ...env, CLAIR_REGISTRY_TOKEN: 't' }), 'registry-token t');
});

test('says which credentials of the environment are for no particular host, and leaves them out', async () => {
  const password = { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'p' };
  const token = { CLAIR_REGISTRY_TOKEN: 't' };
  const host = { CLAIR_REGISTRY_HOST: 'registry.example' };
  for (const env of [password, token, { ...password, CLAIR_REGISTRY_HOST: '' }]) {
    assert.equal(hasUnboundCredentials(env), true);
    assert.equal(await usernameFor({ HOME: '/nowhere', ...withoutUnboundCredentials(env) }), undefined);
    assert.equal((await findCredentials(scope, { HOME: '/nowhere', ...env })).isUnbound, true);
  }
  for (const env of [{}, { ...password, ...host }, { ...token, ...host }, { CLAIR_REGISTRY_USERNAME: 'me' }])
    assert.equal(hasUnboundCredentials(env), false);
  assert.deepEqual(withoutUnboundCredentials({ ...password, ...host }), { ...password, ...host });
});

test('reads the files in their order', async (context) => {
  const of = (name: string): object => ({ auths: { 'registry.example': auth(name) } });
  const folder = home(context, {
    'named.json': of('named'),
    'run/containers/auth.json': of('runtime'),
    '.config/containers/auth.json': of('podman'),
    '.docker/config.json': of('docker'),
    'elsewhere/config.json': of('elsewhere'),
  });
  const env: NodeJS.ProcessEnv = { HOME: folder };
  assert.equal(await usernameFor(env), 'podman');
  assert.equal(await usernameFor({ ...env, XDG_RUNTIME_DIR: join(folder, 'run') }), 'runtime');
  assert.equal(await usernameFor({ ...env, REGISTRY_AUTH_FILE: join(folder, 'named.json') }), 'named');
  rmSync(join(folder, '.config'), { recursive: true });
  assert.equal(await usernameFor(env), 'docker');
  assert.equal(await usernameFor({ ...env, DOCKER_CONFIG: join(folder, 'elsewhere') }), 'elsewhere');
});

test('prefers the nearest path, and knows the old name of the Docker Hub', async (context) => {
  const folder = home(context, {
    '.config/containers/auth.json': {
      auths: {
        'registry.example': auth('host'),
        'registry.example/acme': auth('namespace'),
        'registry.example/acme/team/app': auth('repository'),
        'https://old.example/v1/': auth('url'),
        'https://index.docker.io/v1/': auth('hub'),
        'token.example': { identitytoken: 'refresh' },
        'empty.example': {},
      },
    },
  });
  const env = { HOME: folder };
  assert.equal(await usernameFor(env), 'repository');
  assert.equal(await usernameFor(env, { repository: 'acme/other' }), 'namespace');
  assert.equal(await usernameFor(env, { repository: 'acmeother' }), 'host');
  assert.equal(await usernameFor(env, { registry: 'old.example' }), 'url');
  assert.equal(await usernameFor(env, { registry: 'docker.io', repository: 'library/debian' }), 'hub');
  assert.equal(await usernameFor(env, { registry: 'token.example' }), 'identity-token refresh');
  assert.equal(await usernameFor(env, { registry: 'empty.example' }), undefined);
  assert.equal(await usernameFor(env, { registry: 'registry.example:5000' }), undefined);
});

test('sends the host to a helper on standard input', async (context) => {
  const folder = home(context, {
    'bin/docker-credential-own': `#!/bin/sh
read -r server
printf '{"ServerURL":"%s","Username":"own %s %s","Secret":"s"}' "$server" "$1" "$server"`,
    'bin/docker-credential-token': `#!/bin/sh
echo '{"Username":"<token>","Secret":"identity"}'`,
    'bin/docker-credential-empty': `#!/bin/sh
echo 'credentials not found in native keychain, but a secret'; exit 1`,
    '.docker/config.json': {
      credsStore: 'token',
      credHelpers: {
        'registry.example': 'own',
        'none.example': 'empty',
        'gone.example': 'gone',
        'odd.example': '../own',
      },
      auths: { 'none.example': auth('beside'), 'registry.example': auth('beside') },
    },
  });
  const env = { HOME: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  assert.equal(await usernameFor(env), 'own get registry.example');
  assert.equal(await usernameFor(env, { registry: 'other.example' }), 'identity-token identity');
  assert.equal(await usernameFor(env, { registry: 'docker.io' }), 'identity-token identity');
  assert.equal(await usernameFor(env, { registry: 'none.example' }), 'beside');
  const { searchedLocations } = await findCredentials({ ...scope, registry: 'gone.example' }, env);
  assert.match(
    searchedLocations.join('\n'),
    /docker-credential-gone is not installed, no entry for gone\.example/,
  );
  assert.equal(await usernameFor(env, { registry: 'odd.example' }), undefined);
});

test('lists the searched locations when nothing is found', async (context) => {
  const folder = home(context, { '.docker/config.json': { auths: {} } });
  const { credentials, searchedLocations } = await findCredentials(scope, { HOME: folder });
  assert.equal(credentials, undefined);
  assert.deepEqual(searchedLocations, [
    'CLAIR_REGISTRY_USERNAME and CLAIR_REGISTRY_PASSWORD: not set',
    `${join(folder, '.config/containers/auth.json')}: no such file`,
    `${join(folder, '.docker/config.json')}: no entry for registry.example`,
  ]);
});

test('names a malformed file and reveals nothing of its content', async (context) => {
  const broken = [
    '{"auths":{"registry.example":{"auth":"c2VjcmV0"}}',
    '{"auths":{"registry.example":{"auth":1234}}}',
    '{"auths":{"registry.example":{"auth":"c2VjcmV0"}}}',
    '[]',
  ];
  for (const text of broken) {
    const folder = home(context, { '.docker/config.json': text });
    await assert.rejects(
      findCredentials(scope, { HOME: folder }),
      (error: Error) =>
        'code' in error &&
        error.code === 'config-invalid' &&
        error.message.includes('config.json') &&
        !/c2VjcmV0|1234|secret/.test(error.message),
      text,
    );
  }
});
