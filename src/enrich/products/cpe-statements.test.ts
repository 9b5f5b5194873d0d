import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { nvdStatements } from './cpe-statements.ts';

/** Returns the statements on elements of `cpeMatch`. The first part of each is the name after `cpe:2.3:a:`. */
function statementsOn(...matches: readonly (readonly [string, object?])[]): unknown {
  const cpeMatch = matches.map(([name, others]) => ({
    vulnerable: true,
    criteria: `cpe:2.3:a:${name}:*:*:*:*:*:*`,
    ...others,
  }));
  return nvdStatements([{ nodes: [{ operator: 'OR', negate: false, cpeMatch }] }]);
}

function affected(product: string, ...versions: readonly object[]): object {
  return { product, by: 'nvd', versions: versions.map((one) => ({ status: 'affected', ...one })) };
}

test('reads the bounds of ranges', () => {
  assert.deepEqual(
    statementsOn(
      ['openssl:openssl:*:*', { versionStartIncluding: '1.0.2', versionEndExcluding: '1.0.2zk' }],
      ['openssl:openssl:*:*', { versionStartExcluding: '1.1.0', versionEndIncluding: '1.1.1w' }],
      ['openssl:openssl:*:*', { versionEndIncluding: '0.9.8' }],
      ['openssl:openssl:*:*', { versionStartIncluding: '3.0.0' }],
    ),
    [
      affected(
        'openssl',
        { version: '1.0.2', lessThan: '1.0.2zk' },
        { version: '1.1.0', startExcluded: true, lessThanOrEqual: '1.1.1w' },
        { version: '0', lessThanOrEqual: '0.9.8' },
        { version: '3.0.0', lessThan: '*' },
      ),
    ],
  );
});

test('reads single versions with their update', () => {
  assert.deepEqual(
    statementsOn(['openssl:openssl:1.0.2:beta1'], ['openssl:openssl:1.0.2:-'], ['openssl:openssl:1.0.1:*']),
    [affected('openssl', { version: '1.0.2-beta1' }, { version: '1.0.2' }, { version: '1.0.1' })],
  );
});

test('keeps a name without a version, which states nothing about versions', () => {
  assert.deepEqual(statementsOn(['redis:redis:*:*']), [affected('redis', { version: '*' })]);
  assert.deepEqual(statementsOn(['redis:redis:-:*']), [affected('redis', { version: '-' })]);
});

test('finds products with escaped names, and of several vendors', () => {
  assert.deepEqual(
    statementsOn(
      [String.raw`erlang:erlang\/otp:26.2:*`],
      ['f5:nginx:1.25.0:*'],
      ['nginx:nginx:1.0.0:*'],
      ['apache:http_server:2.4.1:*'],
    ),
    [
      affected('erlang', { version: '26.2' }),
      affected('nginx', { version: '1.25.0' }, { version: '1.0.0' }),
      affected('httpd', { version: '2.4.1' }),
    ],
  );
});

test('leaves out other products, and platforms that are not vulnerable', () => {
  assert.deepEqual(statementsOn(['oracle:http_server:12.2:*'], ['nginx:njs:0.1:*'], ['php:pear:1:*']), []);
  assert.deepEqual(statementsOn(['php:php:8.1.0:*', { vulnerable: false }]), []);
  const system = { vulnerable: true, criteria: 'cpe:2.3:o:redis:redis:1:*:*:*:*:*:*:*' };
  assert.deepEqual(nvdStatements([{ nodes: [{ cpeMatch: [system] }] }]), []);
});

test('keeps a statement that cannot be read, without versions', () => {
  const unread = [{ product: 'redis', by: 'nvd', versions: [] }];
  assert.deepEqual(statementsOn(['redis:redis:*:*', { versionEndExcluding: 7 }]), unread);
  const many = Array.from({ length: limits.productVersions + 1 }, () => ['redis:redis:1:*'] as const);
  assert.deepEqual(statementsOn(...many), unread);
  for (const other of [
    undefined,
    null,
    'x',
    [null],
    [{ nodes: 'x' }],
    [{ nodes: [{ cpeMatch: [7, { criteria: 7 }] }] }],
  ])
    assert.deepEqual(nvdStatements(other), []);
});
