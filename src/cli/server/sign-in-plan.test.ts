import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { fleetPrefix } from '../../api/http/fleet/routes.ts';
import type { Route } from '../../api/http/route.ts';
import { routerOf } from '../../api/http/router.ts';
import { sessionRoutes } from '../../api/http/session/session-routes.ts';
import { apiServerDefaults, startApiServer } from '../../testing/api-server.ts';
import { loadConfig } from '../config.ts';
import { signInPlan } from './sign-in-plan.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const reader = `read:${hash('sha256', 'reader')}:rita`;
const admin = `admin:${hash('sha256', 'the-admin')}:ada:2026-11-30`;
const limited = `scan:${hash('sha256', 'limited')}:shop::registry.example/shop/**`;
const hour = 3_600_000;

interface Scene {
  readonly tokens?: readonly string[];
  readonly key?: string;
  readonly publicUrl?: string;
  readonly pskkey?: string;
  now?: number;
}

/** Starts a server with a route that anybody with a token may read, and one that only an admin may write. */
async function startServer(t: TestContext, scene: Scene) {
  const { api } = loadConfig({}, {});
  const settings = {
    ...api,
    tokens: scene.tokens ?? [reader, admin, limited],
    publicurl: scene.publicUrl ?? '',
    v4: { ...api.v4, pskkey: scene.pskkey ?? '' },
    session: { ...api.session, key: scene.key ?? key },
  };
  const now = (): number => scene.now ?? Date.parse('2026-11-29T12:00:00Z');
  const { access, sessions } = signInPlan(settings, { now });
  const handle: Route['handle'] = ({ client = 'none', repositories }) =>
    Promise.resolve({ status: 200, text: `${client} ${repositories === undefined ? 'all' : 'some'}` });
  const thing = { path: '/thing', checksRepositories: true, handle } as const;
  const router = routerOf(fleetPrefix, [
    ...sessionRoutes(sessions),
    { ...thing, name: 'get', method: 'GET' },
    { ...thing, name: 'put', method: 'PUT' },
  ]);
  const { port } = await startApiServer(t, { ...apiServerDefaults, access, routers: () => [router] });
  const origin = `http://127.0.0.1:${port}`;
  const ask = async (method: string, path: string, headers: object = {}, body?: unknown) => {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const signIn = async (token: string): Promise<string> => {
    const { status, headers } = await ask(
      'POST',
      '/session',
      { origin, 'content-type': 'application/json' },
      { token },
    );
    assert.equal(status, 200);
    return headers.getSetCookie()[0] ?? '';
  };
  return { origin, ask, signIn };
}

const pairOf = (setCookie: string): string => setCookie.split(';')[0] ?? '';

test('gives a browser a cookie that counts as its token', async (t) => {
  const { ask, signIn } = await startServer(t, {});
  const set = await signIn('reader');
  assert.match(set, /^clair-session=[\w=-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  assert.ok(!set.includes(hash('sha256', 'reader')));
  const cookie = pairOf(set);
  assert.deepEqual((await ask('GET', '/thing', { cookie })).text, 'rita all');
  assert.equal((await ask('GET', '/thing')).status, 401);
  const session = JSON.parse((await ask('GET', '/session', { cookie })).text) as object;
  assert.partialDeepStrictEqual(session, {
    client: 'rita',
    scope: 'read',
    limited: false,
    at: '2026-11-29T12:00:00.000Z',
    signIn: { token: true, oidc: false },
  });
  const some = pairOf(await signIn('limited'));
  assert.equal((await ask('GET', '/thing', { cookie: some })).text, 'shop some');
});

test('prefers the Authorization header to the cookie', async (t) => {
  const { ask, signIn } = await startServer(t, {});
  const cookie = pairOf(await signIn('reader'));
  const { text } = await ask('GET', '/thing', { cookie, authorization: 'Bearer the-admin' });
  assert.equal(text, 'ada all');
  assert.equal((await ask('GET', '/thing', { cookie, authorization: 'Bearer wrong' })).status, 401);
});

test('lets a session write only from a page of the server', async (t) => {
  const { ask, signIn, origin } = await startServer(t, {});
  const cookie = pairOf(await signIn('the-admin'));
  const put = async (headers: object): Promise<number> =>
    (await ask('PUT', '/thing', { cookie, 'content-type': 'application/json', ...headers }, {})).status;
  assert.deepEqual(
    [
      await put({}),
      await put({ 'sec-fetch-site': 'none' }),
      await put({ 'sec-fetch-site': 'none', origin }),
      await put({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }),
      await put({ origin: 'https://evil.example' }),
      await put({ 'sec-fetch-site': 'same-origin' }),
      await put({ origin }),
    ],
    [403, 403, 403, 403, 403, 200, 200],
  );
  const readers = pairOf(await signIn('reader'));
  assert.equal((await ask('PUT', '/thing', { cookie: readers, origin }, {})).status, 415);
  const json = { cookie: readers, origin, 'content-type': 'application/json' };
  const { status, text } = await ask('PUT', '/thing', json, {});
  assert.equal(status, 403);
  assert.match(text, /admin is required/);
});

test('ends a session with its token, its last day, its lifetime and its key', async (t) => {
  const first = await startServer(t, {});
  const [rita, ada] = [pairOf(await first.signIn('reader')), pairOf(await first.signIn('the-admin'))];
  const later = (scene: Scene) => startServer(t, scene);
  const same = await later({});
  assert.equal((await same.ask('GET', '/thing', { cookie: rita })).text, 'rita all');
  const removed = await later({ tokens: [admin] });
  const { status, text } = await removed.ask('GET', '/thing', { cookie: rita });
  assert.deepEqual([status, /the session has ended: sign in again/.test(text)], [401, true]);
  const nextDay = await later({ now: Date.parse('2026-12-01T00:00:00Z'), key });
  assert.equal((await nextDay.ask('GET', '/thing', { cookie: ada })).status, 401);
  const untilLate = await later({ now: Date.parse('2026-11-29T12:00:00Z') + 12 * hour - 1000 });
  assert.equal((await untilLate.ask('GET', '/thing', { cookie: rita })).status, 200);
  const tooLate = await later({ now: Date.parse('2026-11-29T12:00:00Z') + 12 * hour + 1000 });
  assert.equal((await tooLate.ask('GET', '/thing', { cookie: rita })).status, 401);
  const other = await later({ key: Buffer.alloc(32, 8).toString('base64') });
  assert.equal((await other.ask('GET', '/thing', { cookie: rita })).status, 401);
  const without = await later({ key: '' });
  assert.equal((await without.ask('GET', '/thing', { cookie: rita })).status, 401);
});

test('logs that the cookie of a session cannot be opened, and not that a token is missing', async (t) => {
  const { signIn } = await startServer(t, {});
  const cookie = pairOf(await signIn('reader'));
  const { api } = loadConfig({}, {});
  const { access } = signInPlan({ ...api, tokens: [reader] });
  const reasonFor = (headers: { readonly cookie: string }): string | undefined =>
    access.authorize(undefined, undefined, headers).refusal?.reason;
  assert.match(reasonFor({ cookie }) ?? '', /^the cookie of the session is .* another api\.session\.key$/);
  assert.equal(reasonFor({ cookie: 'theme=dark' }), 'no bearer token');
});

test('makes a browser forget its session', async (t) => {
  const { ask, origin } = await startServer(t, {});
  const { status, headers } = await ask('DELETE', '/session', { origin });
  assert.equal(status, 204);
  assert.deepEqual(headers.getSetCookie(), ['clair-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict']);
});

test('keeps the cookie to this host and to TLS when browsers reach it by https', async (t) => {
  const { ask, signIn } = await startServer(t, { publicUrl: 'https://clair.example' });
  const set = await signIn('reader');
  assert.match(set, /^__Host-clair-session=.*; Path=\/; .*; SameSite=Strict; Secure$/);
  const cookie = pairOf(set);
  assert.equal((await ask('GET', '/thing', { cookie })).status, 200);
  const planted = cookie.replace('__Host-', '');
  assert.equal((await ask('GET', '/thing', { cookie: planted })).status, 401);
});

test('refuses a wrong body, and repeats nothing of it', async (t) => {
  const { ask, origin } = await startServer(t, { now: Date.parse('2026-12-01T12:00:00Z') });
  const post = async (body: unknown, type = 'application/json') =>
    await ask('POST', '/session', { origin, 'content-type': type }, body);
  const answers = await Promise.all([
    post({ token: 'wrong-token' }),
    post({ token: 'the-admin' }),
    post({ token: '' }),
    post({ token: ['reader'] }),
    post({ token: 'reader', more: 'secret-thing' }),
    post('reader'),
    post({ token: 'x'.repeat(5000) }),
    post({ token: 'reader' }, 'text/plain'),
    ask('POST', '/session', { origin: 'https://evil.example' }, { token: 'reader' }),
    ask('POST', '/session?token=reader', { origin, 'content-type': 'application/json' }, {}),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401, 400, 400, 400, 400, 413, 415, 403, 400],
  );
  for (const { text, headers } of answers) {
    assert.doesNotMatch(text, /wrong-token|the-admin|secret-thing|x{10}/);
    assert.deepEqual(headers.getSetCookie(), []);
  }
});

test('says that everybody may do everything when there are no tokens, and refuses to sign in', async (t) => {
  const { ask, origin } = await startServer(t, { tokens: [] });
  assert.partialDeepStrictEqual(JSON.parse((await ask('GET', '/session')).text) as object, {
    client: null,
    scope: 'admin',
    signIn: { token: false, oidc: false },
  });
  const body = { token: 'reader' };
  assert.equal(
    (await ask('POST', '/session', { origin, 'content-type': 'application/json' }, body)).status,
    409,
  );
});

test('states no version without a session, and needs a token when clients of Clair v4 have a key', async (t) => {
  const { ask } = await startServer(t, { tokens: [], pskkey: key });
  assert.partialDeepStrictEqual(JSON.parse((await ask('GET', '/session')).text) as object, {
    client: null,
    scope: null,
    version: null,
    signIn: { token: false, oidc: false },
  });
  const damaged = await startServer(t, {});
  const cookie = 'clair-session=gAAAAA; a; =b; clair-session';
  assert.partialDeepStrictEqual(
    JSON.parse((await damaged.ask('GET', '/session', { cookie })).text) as object,
    {
      client: null,
      scope: null,
      version: null,
      signIn: { token: true, oidc: false },
    },
  );
});

test('refuses settings with which no session would last', () => {
  const { api } = loadConfig({}, {});
  const refused = [
    { session: { ...api.session, key: 'short' } },
    { session: { ...api.session, lifetime: 999 } },
    ...['clair.example', 'ftp://a', 'https://a/path', 'https://a?b', 'https://u:p@a'].map((publicurl) => ({
      publicurl,
    })),
  ];
  for (const change of refused)
    assert.throws(
      () => signInPlan({ ...api, ...change }),
      { code: 'config-invalid' },
      JSON.stringify(change),
    );
});
