import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AskForToken, Authorization } from './authorization.ts';
import type { Credentials } from './credential.ts';

const bearer = 'Bearer realm="https://auth.example/token?a=b",service="registry.example"';
const password = { kind: 'password', username: 'me', password: 'se:cret' } as const;

interface Scene {
  readonly credentials?: Credentials;
  readonly isInsecure?: boolean;
  /** Of each token. */
  readonly expiresIn?: number;
}

/** An authorization, the requests it made for tokens, and a clock. */
function scene({ credentials, isInsecure = false, expiresIn = 300 }: Scene): {
  authorization: Authorization;
  asked: Parameters<AskForToken>[0][];
  clock: { now: number };
} {
  const asked: Parameters<AskForToken>[0][] = [];
  const clock = { now: 0 };
  const authorization = new Authorization({
    endpoint: { registry: 'registry.example:5000', repository: 'acme/app', isInsecure },
    find: async () => ({ credentials, lookedAt: [] }),
    ask: async (request) => {
      asked.push(request);
      return JSON.stringify({ token: `token-${asked.length}`, expires_in: expiresIn });
    },
    now: () => clock.now,
  });
  return { authorization, asked, clock };
}

test('nothing is shown before the registry asks', async () => {
  const { authorization } = scene({ credentials: password });
  assert.equal(await authorization.header(), undefined);
});

test('a token is asked for by name and password, for reading that repository alone', async () => {
  const { authorization, asked } = scene({ credentials: password });
  assert.equal(
    await authorization.answerTo(`${bearer},scope="registry:catalog:*"`, undefined),
    'Bearer token-1',
  );
  assert.equal(await authorization.header(), 'Bearer token-1');
  assert.deepEqual(
    asked.map(({ url, authorization: shown }) => [url.href, shown]),
    [
      [
        'https://auth.example/token?a=b&scope=repository%3Aacme%2Fapp%3Apull&service=registry.example',
        `Basic ${Buffer.from('me:se:cret').toString('base64')}`,
      ],
    ],
  );
});

test('without credentials a token is asked for all the same, anonymously', async () => {
  const { authorization, asked } = scene({});
  assert.equal(await authorization.answerTo(bearer, undefined), 'Bearer token-1');
  assert.equal(asked[0]?.authorization, undefined);
});

test('a token is replaced before it expires, once for all who ask', async () => {
  const { authorization, asked, clock } = scene({ expiresIn: 60 });
  await authorization.answerTo(bearer, undefined);
  clock.now = 54_000;
  assert.equal(await authorization.header(), 'Bearer token-1');
  clock.now = 55_001;
  const shown = await Promise.all([authorization.header(), authorization.header(), authorization.header()]);
  assert.deepEqual(shown, Array(3).fill('Bearer token-2'));
  assert.equal(asked.length, 2);
});

test('those who are refused at the same time get the same new token', async () => {
  const { authorization, asked } = scene({});
  const [a, b] = await Promise.all([
    authorization.answerTo(bearer, undefined),
    authorization.answerTo(bearer, undefined),
  ]);
  assert.deepEqual([a, b, asked.length], ['Bearer token-1', 'Bearer token-1', 1]);
  assert.equal(await authorization.answerTo(bearer, 'Bearer token-1'), 'Bearer token-2');
});

test('an identity token is exchanged in the body of a POST', async () => {
  const { authorization, asked } = scene({ credentials: { kind: 'identity-token', token: 'refresh me' } });
  assert.equal(await authorization.answerTo(bearer, undefined), 'Bearer token-1');
  assert.equal(asked[0]?.authorization, undefined);
  assert.ok(!asked[0]?.url.href.includes('refresh'));
  assert.deepEqual(Object.fromEntries(asked[0]?.form ?? new URLSearchParams()), {
    scope: 'repository:acme/app:pull',
    service: 'registry.example',
    grant_type: 'refresh_token',
    client_id: 'clair',
    refresh_token: 'refresh me',
  });
});

test('a registry token is shown as it is, and Basic is answered with the password once', async () => {
  const token = scene({ credentials: { kind: 'registry-token', token: 'as-is' } });
  assert.equal(await token.authorization.answerTo(bearer, undefined), 'Bearer as-is');
  assert.equal(token.asked.length, 0);
  const basic = scene({ credentials: password });
  const header = await basic.authorization.answerTo('Basic realm="x"', undefined);
  assert.equal(header, `Basic ${Buffer.from('me:se:cret').toString('base64')}`);
  assert.equal(await basic.authorization.answerTo('Basic realm="x"', header), undefined, 'not twice');
  assert.equal(await scene({}).authorization.answerTo('Basic realm="x"', undefined), undefined);
});

test('credentials are not sent in the clear to where the registry points', async () => {
  const refused = { code: 'registry-refused', message: /in the clear/ };
  const plain = 'Bearer realm="http://auth.example/token"';
  await assert.rejects(scene({ credentials: password }).authorization.answerTo(plain, undefined), refused);
  const insecure = scene({ credentials: password, isInsecure: true });
  await assert.rejects(insecure.authorization.answerTo(plain, undefined), refused);
  const own = 'Bearer realm="http://registry.example:5001/token"';
  assert.equal(await insecure.authorization.answerTo(own, undefined), 'Bearer token-1');
  assert.equal(await scene({}).authorization.answerTo(plain, undefined), 'Bearer token-1', 'nothing to hide');
});

test('a challenge without a usable realm, and an answer without a token, are refused without telling it', async () => {
  const refused = { code: 'registry-refused' };
  for (const realm of ['', 'x', 'file:///etc/passwd', 'https://a:b@auth.example/'])
    await assert.rejects(
      scene({}).authorization.answerTo(`Bearer realm="${realm}"`, undefined),
      refused,
      realm,
    );
  for (const text of ['{"token":"line\\nfeed"}', '{"secret":"hidden"}', 'hidden']) {
    const authorization = new Authorization({
      endpoint: { registry: 'registry.example', repository: 'app', isInsecure: false },
      find: async () => ({ credentials: undefined, lookedAt: [] }),
      ask: async () => text,
      now: () => 0,
    });
    await assert.rejects(
      authorization.answerTo(bearer, undefined),
      (error: Error) =>
        'code' in error && error.code === 'registry-refused' && !error.message.includes('hidden'),
    );
  }
});
