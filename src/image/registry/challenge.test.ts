import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChallenges } from './authorization.ts';

function read(header: string): unknown[] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

test('parses challenges as registries write them', () => {
  // CNCF Distribution, "Token Authentication Specification". The comma is inside the quotes.
  assert.deepEqual(
    read(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:samalba/my-app:pull,push"',
    ),
    [
      [
        'bearer',
        {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:samalba/my-app:pull,push',
        },
      ],
    ],
  );
  assert.deepEqual(read('Basic realm="Registry Realm"'), [['basic', { realm: 'Registry Realm' }]]);
});

test('parses several challenges in one line', () => {
  // RFC 9110 §11.6.1
  assert.deepEqual(read('Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'), [
    ['basic', { realm: 'simple' }],
    ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
  ]);
  assert.deepEqual(read('Negotiate, BEARER Realm = "x" , service=y'), [
    ['negotiate', {}],
    ['bearer', { realm: 'x', service: 'y' }],
  ]);
});

test('returns nothing when the header is not a challenge', () => {
  for (const header of ['', ',,', '"', '= "x"', 'realm="lonely"']) assert.deepEqual(read(header), [], header);
});
