import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type DaemonName, displayEndpoint, endpointCandidates } from './endpoint.ts';

const home = mkdtempSync(join(tmpdir(), 'clair-docker-home-'));
after(() => {
  rmSync(home, { recursive: true });
});

function candidates(daemon: DaemonName, env: Record<string, string> = {}, at = join(home, 'user')): string[] {
  return endpointCandidates(daemon, { env, home: at }).endpoints.map(displayEndpoint);
}

/** Writes the files that `docker context create --docker host=… NAME` creates. */
function context(name: string, host: string, isTls = false): void {
  const hash = createHash('sha256').update(name).digest('hex');
  const folder = join(home, '.docker/contexts/meta', hash);
  mkdirSync(folder, { recursive: true });
  const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
  writeFileSync(join(folder, 'meta.json'), JSON.stringify(meta));
  if (isTls) mkdirSync(join(home, '.docker/contexts/tls', hash, 'docker'), { recursive: true });
}

test('finds docker by DOCKER_HOST, else by the current context, else at one of its sockets', () => {
  assert.deepEqual(candidates('docker', { XDG_RUNTIME_DIR: '/run/user/7' }), [
    '/var/run/docker.sock',
    join(home, 'user/.docker/run/docker.sock'),
    '/run/user/7/docker.sock',
  ]);
  context('colima', 'unix:///run/colima/docker.sock');
  context('far', 'tcp://build.example.org', true);
  writeFileSync(join(home, '.docker/config.json'), '{"auths":{},"currentContext":"colima"}');
  assert.deepEqual(candidates('docker', {}, home), ['/run/colima/docker.sock']);
  assert.deepEqual(candidates('docker', { DOCKER_CONTEXT: 'far' }, home), ['tcp://build.example.org:2376']);
  assert.equal(candidates('docker', { DOCKER_CONTEXT: 'default' }, home)[0], '/var/run/docker.sock');
  assert.deepEqual(candidates('docker', { DOCKER_CONFIG: join(home, '.docker') }), [
    '/run/colima/docker.sock',
  ]);
  assert.deepEqual(candidates('docker', { DOCKER_HOST: 'unix:///tmp/d.sock' }, home), ['/tmp/d.sock']);
});

test('accepts a TCP endpoint, with certificates or without', () => {
  const tcp = (host: string, more: Record<string, string> = {}): unknown =>
    endpointCandidates('docker', { env: { DOCKER_HOST: host, ...more }, home }).endpoints[0];
  assert.deepEqual(tcp('tcp://127.0.0.1:2375'), { kind: 'tcp', host: '127.0.0.1', port: 2375 });
  assert.deepEqual(tcp('tcp://[::1]'), { kind: 'tcp', host: '::1', port: 2375 });
  assert.deepEqual(tcp('tcp://d.example', { DOCKER_TLS_VERIFY: '1' }), {
    kind: 'tcp',
    host: 'd.example',
    port: 2376,
    tls: { directory: join(home, '.docker') },
  });
  assert.deepEqual(tcp('tcp://d.example:1', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }), {
    kind: 'tcp',
    host: 'd.example',
    port: 1,
    tls: { directory: '/certs' },
  });
});

test('finds podman by CONTAINER_HOST, else at the socket of the user, else at the socket of the machine', () => {
  assert.deepEqual(candidates('podman', { XDG_RUNTIME_DIR: '/run/user/7', DOCKER_HOST: 'unix:///x' }), [
    '/run/user/7/podman/podman.sock',
    '/run/podman/podman.sock',
  ]);
  assert.deepEqual(candidates('podman', { CONTAINER_HOST: 'unix:///tmp/p.sock' }), ['/tmp/p.sock']);
});

test('refuses an address that is neither a socket nor TCP, with advice and without its secrets', () => {
  const refused = (env: Record<string, string>): string => {
    try {
      return candidates('docker', env, home).join();
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(
    refused({ DOCKER_HOST: 'ssh://me:secret@build.example' }),
    /^DOCKER_HOST has ssh:\/\/…, .* forward the socket, as with ssh -NL /,
  );
  assert.match(refused({ DOCKER_HOST: 'npipe:////./pipe/docker_engine' }), /save the image to a file/);
  assert.match(refused({ DOCKER_HOST: 'somewhere' }), /^DOCKER_HOST has no address/);
  assert.match(refused({ DOCKER_CONTEXT: 'gone' }), /meta\.json, the docker context gone, cannot be read/);
});
