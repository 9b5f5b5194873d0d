import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { getCACertificates } from 'node:tls';
import { certificatesFor } from './certificates.ts';
import { endpointsOf } from './endpoint.ts';
import { parseReference } from './reference.ts';
import { registrySettings } from './settings.ts';

function endpoints(reference: string, env: NodeJS.ProcessEnv = {}): unknown[] {
  return endpointsOf(parseReference(reference), registrySettings(env)).map(
    ({ origins, repository, isInsecure, isMirror }) => [origins, repository, isInsecure, isMirror],
  );
}

test('uses HTTPS, and HTTP when a registry is on this machine or listed as insecure', () => {
  assert.deepEqual(endpoints('debian'), [[['https://registry-1.docker.io'], 'library/debian', false, false]]);
  assert.deepEqual(endpoints('a.example:5000/x'), [[['https://a.example:5000'], 'x', false, false]]);
  const both = ['https://a.example:5000', 'http://a.example:5000'];
  const env = { CLAIR_REGISTRY_INSECURE: 'b.example, A.example:5000' };
  assert.deepEqual(endpoints('a.example:5000/x', env), [[both, 'x', true, false]]);
  assert.deepEqual(endpoints('a.example/x', env), [[['https://a.example'], 'x', false, false]]);
  const own = ['https://localhost:5000', 'http://localhost:5000'];
  assert.deepEqual(endpoints('localhost:5000/x'), [[own, 'x', true, false]]);
});

test('puts mirrors first, in their order and with their paths', () => {
  const env = {
    CLAIR_REGISTRY_MIRRORS:
      'docker.io=https://one.example/hub/,docker.io=http://two.example:5000, quay.io=https://q.example',
  };
  assert.deepEqual(endpoints('debian', env), [
    [['https://one.example'], 'hub/library/debian', false, true],
    [['http://two.example:5000'], 'library/debian', true, true],
    [['https://registry-1.docker.io'], 'library/debian', false, false],
  ]);
  assert.equal(endpoints('ghcr.io/a/b', env).length, 1);
});

test('throws usage and does not repeat a value when it is malformed', () => {
  for (const text of [
    'mirror.example',
    'docker.io=mirror.example',
    'a=ftp://b',
    'a=https://me:hidden@b/',
    'a=https://b/?x',
  ])
    assert.throws(
      () => registrySettings({ CLAIR_REGISTRY_MIRRORS: text }),
      (error: Error) => 'code' in error && error.code === 'usage' && !error.message.includes('hidden'),
      text,
    );
  for (const text of ['https://a.example', 'a/b', 'a b', 'a:port'])
    assert.throws(() => registrySettings({ CLAIR_REGISTRY_INSECURE: text }), { code: 'usage' }, text);
});

test('reads certificates from the directories of Docker and Podman', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'clair-certs-'));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  const own = join(folder, 'a.example:5000');
  mkdirSync(own);
  const places = [join(folder, 'none'), folder];
  assert.deepEqual(certificatesFor('a.example:5000', places), {});
  writeFileSync(join(own, 'ca.crt'), 'authority');
  assert.deepEqual(certificatesFor('a.example:5000', places), {
    ca: [...getCACertificates('default'), 'authority'],
  });
  assert.deepEqual(certificatesFor('a.example', places), {});
  writeFileSync(join(own, 'client.cert'), 'certificate');
  assert.throws(() => certificatesFor('a.example:5000', places), {
    code: 'config-invalid',
    message: /client\.key/,
  });
  writeFileSync(join(own, 'client.key'), 'key');
  const { cert, key } = certificatesFor('a.example:5000', places);
  assert.deepEqual([cert, key], ['certificate', 'key']);
});
