import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fleetPrefix } from '../../api/http/fleet/routes.ts';
import { routerOf } from '../../api/http/router.ts';
import { sessionRoutes } from '../../api/http/session/session-routes.ts';
import { httpRequest, readTruncatedBody } from '../../kit/http/http-client.ts';
import { apiServerDefaults, startApiServer } from '../../testing/api-server.ts';
import { type IdentityProvider, startIdentityProvider } from '../../testing/identity-provider.ts';
import { loadConfig } from '../config.ts';
import { signInPlan } from './sign-in-plan.ts';

/** The address of the server for browsers: a proxy with TLS, which the browser of the test stands for. */
const publicUrl = 'https://clair.example';
const callback = `${publicUrl}/api/v1/session/callback`;
const people = {
  ada: { email: 'ada@acme.example', email_verified: true, groups: ['platform', 'other'] },
  rita: { email: 'ada@acme.example', email_verified: false, groups: ['auditors', 'shop'] },
  shop: { groups: 'shop' },
  eve: { email: 'eve@acme.example', email_verified: true, groups: ['<b>eve</b>'] },
  none: {},
};
const grants = {
  platform: { values: ['platform', 'root'], scope: 'admin' },
  auditors: { values: ['auditors'] },
  shop: { values: ['shop'], scope: 'scan', repositories: ['registry.example/shop/**'] },
} as const;

interface Change {
  readonly oidc?: object;
  readonly grants?: Readonly<Record<string, object>>;
  readonly hasSmallTokens?: boolean;
  readonly provider?: IdentityProvider;
  readonly now?: () => number;
}

async function startScene(t: TestContext, change: Change = {}) {
  const { hasSmallTokens = false } = change;
  const client = { clientId: 'clair', clientSecret: 'the+secret/&:', redirectUri: callback };
  const provider = change.provider ?? (await startIdentityProvider(t, { ...client, people, hasSmallTokens }));
  const { api } = loadConfig({}, {});
  const oidc = {
    ...api.oidc,
    issuer: provider.issuer,
    clientid: 'clair',
    clientsecret: client.clientSecret,
    scopes: ['openid', 'email', 'groups'],
    cafile: provider.caFile,
    grants,
    ...change.oidc,
  };
  const session = { ...api.session, key: Buffer.alloc(32, 7).toString('base64') };
  const settings = {
    ...api,
    oidc: { ...oidc, grants: change.grants ?? grants },
    session,
    publicurl: publicUrl,
  };
  const { access, sessions } = signInPlan(settings, { env: {}, ...(change.now && { now: change.now }) });
  const errors: unknown[] = [];
  const router = routerOf(fleetPrefix, [
    ...sessionRoutes(sessions),
    ...(['GET', 'PUT'] as const).map((method) => ({
      ...({ name: method, method, path: '/thing', checksRepositories: true } as const),
      handle: () => Promise.resolve({ status: 200, text: 'thing' }),
    })),
  ]);
  const { port } = await startApiServer(t, {
    ...apiServerDefaults,
    access,
    routers: () => [router],
    onError: (error) => errors.push(error),
  });
  return { provider, port, errors, browser: browserOf(port, provider.caFile) };
}

interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly setCookies: readonly string[];
}

interface VisitOptions {
  /** Value of `Sec-Fetch-Site`. */
  readonly site?: string;
  readonly method?: 'GET' | 'PUT';
  /** Does not follow a redirect to URLs that begin so: `text` is that URL. */
  readonly stopBefore?: string;
}

/** A browser that keeps cookies for each site, and follows redirects as a person who clicks a link. */
function browserOf(port: number, caFile: string) {
  const jars = new Map<string, Map<string, string>>();
  const ca = [readFileSync(caFile)];
  const request = async (url: URL, site: string, method: 'GET' | 'PUT') => {
    const isServer = url.origin === publicUrl;
    const target = isServer ? new URL(url.pathname + url.search, `http://127.0.0.1:${port}`) : url;
    const sent = Array.from(jarOf(jars, url.origin), ([name, value]) => `${name}=${value}`);
    const navigation = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    return await httpRequest(target, {
      headers: {
        Cookie: sent.join('; '),
        ...(isServer && { Host: url.host, 'Sec-Fetch-Site': site, ...navigation }),
      },
      redirect: 'manual',
      connect: () => ({ ca }),
      ...(method === 'PUT' && { method, body: '{}' }),
    });
  };
  const visit = async (
    text: string,
    { site = 'none', method = 'GET', stopBefore = 'never' }: VisitOptions = {},
  ): Promise<Page> => {
    const url = new URL(text);
    const response = await request(url, site, method);
    const setCookies = [response.headers['set-cookie'] ?? []].flat();
    keepCookies(jarOf(jars, url.origin), setCookies);
    const { status } = response;
    const { location } = response.headers;
    const body = (await readTruncatedBody(response, 100_000)).toString();
    if (location === undefined) return { url: text, status, setCookies, text: body };
    const next = new URL(location, url);
    if (next.href.startsWith(stopBefore)) return { url: text, status, setCookies, text: next.href };
    return await visit(next.href, { site: next.origin === url.origin ? site : 'cross-site', stopBefore });
  };
  return { visit, cookies: (origin: string) => jarOf(jars, origin) };
}

function keepCookies(jar: Map<string, string>, setCookies: readonly string[]): void {
  for (const set of setCookies) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    if (value === '') jar.delete(name);
    else jar.set(name, value);
  }
}

function jarOf(jars: Map<string, Map<string, string>>, origin: string): Map<string, string> {
  const jar = jars.get(origin) ?? new Map<string, string>();
  jars.set(origin, jar);
  return jar;
}

const signIn = `${publicUrl}/api/v1/session/sign-in`;
const whoAmI = `${publicUrl}/api/v1/session`;
const thing = `${publicUrl}/api/v1/thing`;

test('signs a person in at a real provider, with the scope of the group', async (t) => {
  const { provider, browser, errors } = await startScene(t);
  assert.equal((await browser.visit(thing)).status, 401);
  provider.person = 'ada';
  const page = await browser.visit(`${signIn}?to=${encodeURIComponent('/images?severity=High&q=%22')}`);
  assert.deepEqual([errors, page.status], [[], 200]);
  assert.match(page.text, /content="0;url=\/images\?severity=High&amp;q=%22"/);
  const [cleared, session] = page.setCookies;
  assert.match(cleared ?? '', /^__Host-clair-sign-in=; .*Max-Age=0; .*SameSite=Lax; Secure$/);
  assert.match(session ?? '', /^__Host-clair-session=.+; HttpOnly; SameSite=Strict; Secure$/);
  assert.partialDeepStrictEqual(JSON.parse((await browser.visit(whoAmI)).text), {
    client: 'oidc:ada@acme.example',
    scope: 'admin',
    limited: false,
    signIn: { token: false, oidc: true },
  });
  const put = await browser.visit(thing, { method: 'PUT', site: 'same-origin' });
  assert.equal(put.status, 200);
  assert.equal((await browser.visit(thing, { method: 'PUT', site: 'none' })).status, 403);
});

test('takes the first entry that matches, reads by default, and trusts no unverified address', async (t) => {
  const { provider, browser } = await startScene(t, { hasSmallTokens: true });
  provider.person = 'rita';
  assert.equal((await browser.visit(signIn)).status, 200);
  assert.ok(provider.requests.includes('/me'), 'the claims come from the userinfo endpoint');
  assert.partialDeepStrictEqual(JSON.parse((await browser.visit(whoAmI)).text), {
    client: 'oidc:rita',
    scope: 'read',
    limited: false,
  });
  assert.equal((await browser.visit(thing, { method: 'PUT', site: 'same-origin' })).status, 403);
});

test('admits by a verified address only', async (t) => {
  const change = { oidc: { claim: 'email' }, grants: { ada: { values: ['ada@acme.example'] } } };
  const { provider, browser } = await startScene(t, change);
  provider.person = 'ada';
  assert.equal((await browser.visit(signIn)).status, 200);
  const other = await startScene(t, change);
  other.provider.person = 'rita';
  const page = await other.browser.visit(signIn);
  assert.deepEqual([page.status, /oidc:rita, who has no claim email/.test(page.text)], [403, true]);
});

test('limits people to the repositories of their entry', async (t) => {
  const { provider, browser } = await startScene(t);
  provider.person = 'shop';
  assert.equal((await browser.visit(signIn)).status, 200);
  assert.partialDeepStrictEqual(JSON.parse((await browser.visit(whoAmI)).text), {
    client: 'oidc:shop',
    scope: 'scan',
    limited: true,
  });
});

test('refuses a person whom no entry admits, says why, and escapes what the provider states', async (t) => {
  const { provider, browser } = await startScene(t);
  provider.person = 'eve';
  const page = await browser.visit(signIn);
  assert.equal(page.status, 403);
  assert.match(page.text, /No entry of api\.oidc\.grants admits oidc:eve@acme\.example, who has groups: /);
  assert.match(page.text, /&lt;b&gt;eve&lt;\/b&gt;/);
  assert.doesNotMatch(page.text, /<b>/);
  const other = await startScene(t);
  other.provider.person = 'none';
  const without = await other.browser.visit(signIn);
  assert.match(without.text, /admits oidc:none, who has no claim groups/);
  assert.equal((await other.browser.visit(thing)).status, 401);
});

test('ends sessions when the configuration no longer admits the person', async (t) => {
  const { provider, browser } = await startScene(t);
  provider.person = 'ada';
  await browser.visit(signIn);
  const cookie = browser.cookies(publicUrl).get('__Host-clair-session') ?? '';
  const later = async (changed: Readonly<Record<string, object>>): Promise<Page> => {
    const { browser: other } = await startScene(t, { provider, grants: changed });
    other.cookies(publicUrl).set('__Host-clair-session', cookie);
    return await other.visit(whoAmI);
  };
  assert.partialDeepStrictEqual(JSON.parse((await later({ platform: { values: ['platform'] } })).text), {
    scope: 'read',
  });
  assert.partialDeepStrictEqual(JSON.parse((await later({ other: { values: ['other'] } })).text), {
    client: null,
    scope: null,
  });
  assert.partialDeepStrictEqual(JSON.parse((await later({ all: { values: ['*'] } })).text), {
    scope: 'read',
  });
});

test('refuses a return that another browser began, a second use, a changed state and a refusal of the provider', async (t) => {
  const { provider, port, browser } = await startScene(t);
  provider.person = 'ada';
  const other = browserOf(port, provider.caFile);
  const { text: back } = await browser.visit(signIn, { stopBefore: callback });
  const stolen = await other.visit(back, { site: 'cross-site' });
  assert.deepEqual([stolen.status, /not begun in this browser/.test(stolen.text)], [403, true]);
  const changed = new URL(back);
  changed.searchParams.set('state', 'x');
  const pending = browser.cookies(publicUrl).get('__Host-clair-sign-in') ?? '';
  assert.equal((await browser.visit(changed.href, { site: 'cross-site' })).status, 502);
  browser.cookies(publicUrl).set('__Host-clair-sign-in', pending);
  assert.equal((await browser.visit(back, { site: 'cross-site' })).status, 200);
  browser.cookies(publicUrl).set('__Host-clair-sign-in', pending);
  assert.equal((await browser.visit(back, { site: 'cross-site' })).status, 502, 'a code counts once');

  const denied = await startScene(t);
  const page = await denied.browser.visit(signIn);
  assert.deepEqual([page.status, /the provider refused: access_denied/.test(page.text)], [403, true]);
});

test('asks the provider only when a person signs in, says that it cannot be reached, and tries again', async (t) => {
  const { provider } = await startScene(t);
  const gone = { ...provider, issuer: 'https://127.0.0.1:1' };
  const { browser, errors } = await startScene(t, { provider: gone });
  assert.equal((await browser.visit(whoAmI)).status, 200);
  const page = await browser.visit(signIn);
  assert.deepEqual([page.status, /the provider cannot be reached/.test(page.text)], [502, true]);
  assert.equal(errors.length, 1);
  const untrusted = await startScene(t, { provider, oidc: { cafile: '' } });
  assert.equal((await untrusted.browser.visit(signIn)).status, 502);
  assert.deepEqual(provider.requests, []);
});

test('refuses a secret that the provider does not accept', async (t) => {
  const { provider, browser, errors } = await startScene(t, { oidc: { clientsecret: 'wrong' } });
  provider.person = 'ada';
  const page = await browser.visit(signIn);
  assert.deepEqual([page.status, errors.length], [502, 1]);
  assert.doesNotMatch(JSON.stringify(errors) + page.text, /wrong/);
});

test('returns to pages of this server only', async (t) => {
  const { provider, browser } = await startScene(t);
  provider.person = 'ada';
  for (const to of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:x',
    '/"',
    '/<',
    '/a b',
    '/x'.repeat(900),
  ]) {
    const page = await browser.visit(`${signIn}?to=${encodeURIComponent(to)}`);
    assert.match(page.text, /content="0;url=\/"/, to);
  }
});

test('refuses settings of a provider that cannot work', () => {
  const { api } = loadConfig({}, {});
  const good = { ...api.oidc, issuer: 'https://id.example', clientid: 'clair', grants };
  const planOf = (oidc: object, publicurl = publicUrl) =>
    signInPlan({ ...api, publicurl, oidc: { ...good, ...oidc } });
  planOf({});
  const refused: readonly (readonly [object, string?])[] = [
    ...([
      [{ issuer: 'http://id.example' }],
      [{ issuer: 'id.example' }],
      [{ clientid: '' }],
      [{}, ''],
    ] as const),
    ...([[{ grants: {} }], [{ grants: { a: { scope: 'read' } } }], [{ scopes: ['email'] }]] as const),
    ...([[{ grants: { a: { values: ['x'], repositories: ['A B'] } } }], [{ cafile: '/no/ca' }]] as const),
  ];
  for (const [oidc, url] of refused)
    assert.throws(() => planOf(oidc, url), { code: 'config-invalid' }, JSON.stringify(oidc));
});
