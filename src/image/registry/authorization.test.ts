import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authorization, type FetchToken } from './authorization.ts';
import type { Credentials } from './credential-file.ts';

const bearer = 'Bearer realm="https://auth.example/token?a=b",service="registry.example"';
const password = { kind: 'password', username: 'me', password: 'se:cret' } as const;

interface Scene {
  readonly credentials?: Credentials;
  readonly isUnbound?: boolean;
  readonly isInsecure?: boolean;
  /** Lifetime of each token in seconds. */
  readonly expiresIn?: number;
}

/** Returns an `Authorization`, its token requests, and a clock. */
function scene({ credentials, isUnbound = false, isInsecure = false, expiresIn = 300 }: Scene): {
  authorization: Authorization;
  requests: Parameters<FetchToken>[0][];
  clock: { now: number };
} {
  const requests: Parameters<FetchToken>[0][] = [];
  const clock = { now: 0 };
  const authorization = new Authorization({
    endpoint: { registry: 'registry.example:5000', repository: 'acme/app', isInsecure },
    findCredentials: async () => ({ credentials, searchedLocations: [], isUnbound }),
    fetchToken: async (request) => {
      requests.push(request);
      return JSON.stringify({ token: `token-${requests.length}`, expires_in: expiresIn });
    },
    now: () => clock.now,
  });
  return { authorization, requests, clock };
}

test('sends no header before the registry sends a challenge', async () => {
  const { authorization } = scene({ credentials: password });
  assert.equal(await authorization.header(), undefined);
});

test('requests a token with name and password, to read that repository only', async () => {
  const { authorization, requests } = scene({ credentials: password });
  assert.equal(
    await authorization.headerAfterChallenge(`${bearer},scope="registry:catalog:*"`, undefined),
    'Bearer token-1',
  );
  assert.equal(await authorization.header(), 'Bearer token-1');
  assert.deepEqual(
    requests.map(({ url, authorization: shown }) => [url.href, shown]),
    [
      [
        'https://auth.example/token?a=b&scope=repository%3Aacme%2Fapp%3Apull&service=registry.example',
        `Basic ${Buffer.from('me:se:cret').toString('base64')}`,
      ],
    ],
  );
});

test('sends credentials that name no host to a token endpoint on the host of the registry only', async () => {
  const { authorization, requests } = scene({ credentials: password, isUnbound: true });
  await assert.rejects(authorization.headerAfterChallenge(bearer, undefined), {
    code: 'registry-refused',
    message: /auth\.example\/token on another host; .* set CLAIR_REGISTRY_HOST=registry\.example:5000$/,
  });
  assert.equal(requests.length, 0);
  const own = 'Bearer realm="https://registry.example/token"';
  assert.equal(await authorization.headerAfterChallenge(own, undefined), 'Bearer token-1');
});

test('requests an anonymous token when there are no credentials', async () => {
  const { authorization, requests } = scene({});
  assert.equal(await authorization.headerAfterChallenge(bearer, undefined), 'Bearer token-1');
  assert.equal(requests[0]?.authorization, undefined);
});

test('replaces a token before it expires, with one request for all callers', async () => {
  const { authorization, requests, clock } = scene({ expiresIn: 60 });
  await authorization.headerAfterChallenge(bearer, undefined);
  clock.now = 54_000;
  assert.equal(await authorization.header(), 'Bearer token-1');
  clock.now = 55_001;
  const shown = await Promise.all([authorization.header(), authorization.header(), authorization.header()]);
  assert.deepEqual(shown, Array(3).fill('Bearer token-2'));
  assert.equal(requests.length, 2);
});

test('gives concurrent callers the same new token when the registry refuses the old one', async () => {
  const { authorization, requests } = scene({});
  const [a, b] = await Promise.all([
    authorization.headerAfterChallenge(bearer, undefined),
    authorization.headerAfterChallenge(bearer, undefined),
  ]);
  assert.deepEqual([a, b, requests.length], ['Bearer token-1', 'Bearer token-1', 1]);
  assert.equal(await authorization.headerAfterChallenge(bearer, 'Bearer token-1'), 'Bearer token-2');
});

test('exchanges an identity token in the body of a POST', async () => {
  const { authorization, requests } = scene({ credentials: { kind: 'identity-token', token: 'refresh me' } });
  assert.equal(await authorization.headerAfterChallenge(bearer, undefined), 'Bearer token-1');
  assert.equal(requests[0]?.authorization, undefined);
  assert.ok(!requests[0]?.url.href.includes('refresh'));
  assert.deepEqual(Object.fromEntries(requests[0]?.form ?? new URLSearchParams()), {
    scope: 'repository:acme/app:pull',
    service: 'registry.example',
    grant_type: 'refresh_token',
    client_id: 'clair',
    refresh_token: 'refresh me',
  });
});

test('sends a registry token unchanged, and a password for Basic once', async () => {
  const token = scene({ credentials: { kind: 'registry-token', token: 'as-is' } });
  assert.equal(await token.authorization.headerAfterChallenge(bearer, undefined), 'Bearer as-is');
  assert.equal(token.requests.length, 0);
  const basic = scene({ credentials: password });
  const header = await basic.authorization.headerAfterChallenge('Basic realm="x"', undefined);
  assert.equal(header, `Basic ${Buffer.from('me:se:cret').toString('base64')}`);
  assert.equal(
    await basic.authorization.headerAfterChallenge('Basic realm="x"', header),
    undefined,
    'must be looked up once only',
  );
  assert.equal(await scene({}).authorization.headerAfterChallenge('Basic realm="x"', undefined), undefined);
});

test('sends no credentials over plain HTTP when the registry names such a token endpoint', async () => {
  const refused = { code: 'registry-refused', message: /over plain HTTP/ };
  const plain = 'Bearer realm="http://auth.example/token"';
  await assert.rejects(
    scene({ credentials: password }).authorization.headerAfterChallenge(plain, undefined),
    refused,
  );
  const insecure = scene({ credentials: password, isInsecure: true });
  await assert.rejects(insecure.authorization.headerAfterChallenge(plain, undefined), refused);
  const own = 'Bearer realm="http://registry.example:5001/token"';
  assert.equal(await insecure.authorization.headerAfterChallenge(own, undefined), 'Bearer token-1');
  assert.equal(
    await scene({}).authorization.headerAfterChallenge(plain, undefined),
    'Bearer token-1',
    'must not be sent',
  );
});

test('refuses a challenge without a usable realm and a response without a token, and does not repeat them', async () => {
  const refused = { code: 'registry-refused' };
  for (const realm of ['', 'x', 'file:///etc/passwd', 'https://a:b@auth.example/'])
    await assert.rejects(
      scene({}).authorization.headerAfterChallenge(`Bearer realm="${realm}"`, undefined),
      refused,
      realm,
    );
  for (const text of ['{"token":"line\\nfeed"}', '{"secret":"hidden"}', 'hidden']) {
    const authorization = new Authorization({
      endpoint: { registry: 'registry.example', repository: 'app', isInsecure: false },
      findCredentials: async () => ({ credentials: undefined, searchedLocations: [] }),
      fetchToken: async () => text,
      now: () => 0,
    });
    await assert.rejects(
      authorization.headerAfterChallenge(bearer, undefined),
      (error: Error) =>
        'code' in error && error.code === 'registry-refused' && !error.message.includes('hidden'),
    );
  }
});
