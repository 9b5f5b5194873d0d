import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { test } from 'node:test';
import { accessByTokens } from '../access.ts';
import { renderV4Error } from './errors.ts';
import { accessWithPsk } from './psk-access.ts';

const key = Buffer.from('the key of both sides').toString('base64');
const seconds = 1_800_000_000;
const settings = { key, issuers: ['quay'] };
const access = accessWithPsk(settings, accessByTokens([]), () => seconds * 1000);

interface Change {
  readonly alg?: string;
  readonly header?: object;
  readonly signedBy?: string;
}

/** Returns a token, signed as RFC 7515 describes. */
function jwt(claims: unknown, { alg = 'HS256', header = {}, signedBy = key }: Change = {}): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg, ...header })}.${encode(claims)}`;
  const name = { HS384: 'sha384', HS512: 'sha512' }[alg] ?? 'sha256';
  const signature = createHmac(name, Buffer.from(signedBy, 'base64')).update(content).digest('base64url');
  return `${content}.${alg === 'none' ? '' : signature}`;
}

function isAllowed(token: string): boolean {
  return access.authorize(`Bearer ${token}`, undefined).refusal === undefined;
}

const good = { iss: 'quay', exp: seconds + 300 };

test('accepts tokens as Quay and clairctl send them', () => {
  assert.equal(access.authorize(`Bearer ${jwt(good)}`, undefined).token, 'jwt:quay');
  assert.ok(isAllowed(jwt({ ...good, iat: seconds, nbf: seconds - 60, exp: seconds + 60 })));
  assert.ok(isAllowed(jwt({ ...good, iss: 'clair-intraservice' })));
  for (const alg of ['HS384', 'HS512']) assert.ok(isAllowed(jwt(good, { alg })), alg);
  assert.ok(isAllowed(jwt({ ...good, exp: seconds - 10 })), 'within the leeway');
});

test('refuses other issuers, keys, algorithms and times', () => {
  const refused = [
    ...[{ exp: good.exp }, { ...good, iss: 'QUAY' }, { ...good, iss: ['quay'] }, { iss: 'quay' }, [], null],
    ...[
      { ...good, exp: seconds - 30 },
      { ...good, exp: 'tomorrow' },
    ],
    ...[
      { ...good, nbf: seconds + 60 },
      { ...good, iat: seconds + 60 },
    ],
  ].map((claims) => jwt(claims));
  const other = Buffer.from('another key of 16 bytes').toString('base64');
  const [header, payload, signature] = jwt(good).split('.');
  for (const token of [
    ...refused,
    ...[jwt(good, { signedBy: other }), jwt(good, { alg: 'none' }), jwt(good, { alg: 'RS256' })],
    jwt(good, { header: { crit: ['b64'], b64: false } }),
    ...['', 'x.y.z', `${header}.${payload}`, `${header}.${payload}.${signature}.x`],
  ])
    assert.equal(isAllowed(token), false, token);
  assert.equal(access.authorize(undefined, undefined).refusal?.reason, 'no bearer token');
});

test('answers 401 without a body on routes of the v4 API', () => {
  const route = { method: 'GET', renderError: renderV4Error };
  assert.deepEqual(access.authorize(undefined, route).refusal?.response, { status: 401 });
});

test('accepts other tokens besides, with their scopes', () => {
  const others = accessByTokens([`read:${hash('sha256', 'reader')}`]);
  const both = accessWithPsk(settings, others, () => seconds * 1000);
  const statusOf = (token: string, method: string) =>
    both.authorize(`Bearer ${token}`, { method }).refusal?.response.status;
  assert.deepEqual(
    [
      statusOf('reader', 'GET'),
      statusOf('reader', 'POST'),
      statusOf(jwt(good), 'POST'),
      statusOf('x', 'GET'),
    ],
    [undefined, 403, undefined, 401],
  );
});

test('changes nothing without a key, and refuses a key that is short or not base64', () => {
  const open = accessByTokens([]);
  assert.equal(
    accessWithPsk({ key: '', issuers: [] }, open, () => 0),
    open,
  );
  for (const unfit of ['…', 'aa', Buffer.from('fifteen bytes!!').toString('base64')])
    assert.throws(() => accessWithPsk({ key: unfit, issuers: [] }, open, () => 0), {
      code: 'config-invalid',
    });
});

test('says in the log what is wrong with a token', () => {
  const reasonOf = (token: string): string | undefined =>
    access.authorize(`Bearer ${token}`, undefined).refusal?.reason;
  const other = Buffer.from('another key of 16 bytes').toString('base64');
  assert.deepEqual(
    [
      jwt(good, { signedBy: other }),
      jwt({ ...good, exp: seconds - 40 }),
      jwt({ ...good, iat: seconds + 60 }),
      jwt({ ...good, iss: 'quai' }),
      jwt({ iss: 'quay' }),
      'static',
    ].map(reasonOf),
    [
      'token not signed with api.v4.pskkey',
      'token expired 40 s ago',
      'token not valid yet: compare the clocks',
      'issuer of the token not in api.v4.pskissuers',
      'token without issuer or expiry',
      'unknown token',
    ],
  );
});
