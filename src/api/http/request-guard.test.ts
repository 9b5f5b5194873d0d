import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardedRequest, type GuardOptions, requestGuard } from './request-guard.ts';

/** Returns the status of the refusal, or 200. Header names are in lower case. */
function guardStatus(
  headers: Readonly<Record<string, string>>,
  { method = 'POST', hosts = 'any' }: Partial<GuardOptions & GuardedRequest> = {},
): number {
  const all = { host: 'clair.corp:6060', ...headers };
  const rawHeaders = Object.entries(all).flat();
  return requestGuard({ hosts })({ method, headers: all, rawHeaders })?.status ?? 200;
}

test('refuses every method when Origin is not this server', () => {
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
    for (const origin of [
      'http://evil.test',
      'http://clair.corp',
      'http://clair.corp:6061',
      'http://evil.test#clair.corp:6060',
      'http://clair.corp:6060.evil.test',
      'null',
      '',
      'file://',
      'chrome-extension://clair.corp:6060',
    ])
      assert.equal(guardStatus({ origin }, { method }), 403, `${method} ${origin}`);
});

test('accepts requests when Origin is this server, also behind a proxy with TLS', () => {
  assert.equal(guardStatus({ origin: 'http://clair.corp:6060' }), 200);
  assert.equal(guardStatus({ origin: 'http://CLAIR.corp', host: 'clair.corp:80' }), 200);
  assert.equal(guardStatus({ origin: 'https://clair.corp', host: 'clair.corp' }), 200);
  assert.equal(guardStatus({ origin: 'http://[::1]:6060', host: '[::1]:6060' }), 200);
});

test('refuses requests of other sites and of other origins of the same site by Sec-Fetch-Site', () => {
  for (const [site, status] of Object.entries({
    'cross-site': 403,
    'same-site': 403,
    'of-tomorrow': 403,
    'same-origin': 200,
    none: 200,
  }))
    assert.equal(guardStatus({ 'sec-fetch-site': site }, { method: 'GET' }), status, site);
});

test('lets people follow links of other sites, but neither frames nor scripts nor writes of these', () => {
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  const statuses = [
    guardStatus(link, { method: 'GET' }),
    guardStatus({ ...link, host: 'evil.test' }, { method: 'GET', hosts: 'loopback' }),
    guardStatus(link, { method: 'POST' }),
    guardStatus({ ...link, origin: 'https://evil.test' }, { method: 'GET' }),
    ...['iframe', 'embed', 'empty', 'script'].map((destination) =>
      guardStatus({ ...link, 'sec-fetch-dest': destination }, { method: 'GET' }),
    ),
    ...['cors', 'no-cors', 'websocket'].map((mode) =>
      guardStatus({ ...link, 'sec-fetch-mode': mode }, { method: 'GET' }),
    ),
  ];
  assert.deepEqual(statuses, [200, ...Array.from({ length: 10 }, () => 403)]);
});

test('accepts only names of this machine when hosts is loopback', () => {
  const status = (host: string): number => guardStatus({ host }, { hosts: 'loopback' });
  for (const host of [
    'localhost',
    'LOCALHOST:6060',
    'localhost.:6060',
    'app.localhost:1',
    '127.0.0.1:6060',
    '127.9.9.9',
    '[::1]:6060',
    '[::1]',
    '',
  ])
    assert.equal(status(host), 200, host);
  for (const host of [
    'evil.test',
    'evil.test:6060',
    'localhost.evil.test',
    'notlocalhost',
    '127.0.0.1.evil.test',
    '127.evil',
    '10.0.0.1',
    '[::2]:6060',
    'localhost:6060@evil.test',
  ])
    assert.equal(status(host), 403, host);
  assert.equal(guardStatus({ host: 'evil.test' }), 200);
});

test('refuses a request with two Host headers, in any case', () => {
  const guard = requestGuard({ hosts: 'any' });
  const refused = guard({
    method: 'GET',
    headers: { host: 'a' },
    rawHeaders: ['Host', 'a', 'X-Host', 'b', 'hOST', 'a'],
  });
  assert.deepEqual(refused, { status: 400, message: 'a request takes one Host header' });
});

test('accepts any body type from a program, and refuses form types from a browser', () => {
  const types = ['text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'multipart/form-data; b=x'];
  for (const type of [...types, 'application/json', undefined]) {
    const sent = type === undefined ? {} : { 'content-type': type };
    const isForm = type !== undefined && types.includes(type);
    assert.equal(guardStatus(sent), 200, type);
    for (const browser of [
      { origin: 'http://clair.corp:6060' },
      { 'sec-fetch-site': 'same-origin' },
      { referer: 'http://evil.test/' },
    ])
      assert.equal(
        guardStatus({ ...sent, ...browser }),
        isForm ? 415 : 200,
        `${type} ${Object.keys(browser)[0]}`,
      );
  }
});
