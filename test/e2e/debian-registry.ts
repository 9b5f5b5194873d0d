import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { CertificateFiles } from '../../src/testing/certificates.ts';
import { missingTool, runTool } from '../../src/testing/image-builder.ts';

/** The reason to skip tests with Debian's docker-registry. */
export const noRegistry: string | false = missingTool('docker-registry') || missingTool('skopeo');

/** Options of a registry. */
export interface RegistrySetup {
  readonly tls?: CertificateFiles;
  /** Requires user `me` with password `secret`, or `robotAccount`. */
  readonly isPrivate?: boolean;
  /** Answers at 127.0.0.2 and so on as well, like several registries. */
  readonly hasEveryAddress?: boolean;
  /** Where notifications are posted, and with which `Authorization`. */
  readonly notifies?: { readonly url: string; readonly authorization: string };
}

/** A running registry. */
export interface DebianRegistry {
  readonly port: number;
  /** Pushes an OCI layout with all its images, byte for byte. */
  push(layout: string, name: string): void;
  /** Deletes the manifest that a name means. */
  remove(name: string): void;
}

/** Name and password of an account as Harbor makes it for a scan. */
export const robotAccount = 'robot$shop+clair-harbor:a:b+c$d';

/** The accounts with bcrypt, the only hash that docker-registry accepts. */
const htpasswd = [
  'me:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a',
  'robot$shop+clair-harbor:$2y$05$abcdefghijklmnopqrstuuM1/2T5VY/jjMrrMErZRwEAVrju0tE7W',
  '',
].join('\n');

/** Starts Debian's docker-registry on this machine until the end of the test. */
export async function debianRegistry(
  context: TestContext,
  { tls, isPrivate = false, hasEveryAddress = false, notifies }: RegistrySetup = {},
): Promise<DebianRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'clair-registry-'));
  const port = await freePort();
  writeFileSync(join(folder, 'htpasswd'), htpasswd);
  writeFileSync(
    join(folder, 'config.yml'),
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
      ...(notifies && { notifications: { endpoints: [endpointOf(notifies)] } }),
      http: {
        addr: `${hasEveryAddress ? '0.0.0.0' : '127.0.0.1'}:${port}`,
        ...(tls && { tls: { certificate: tls.cert, key: tls.key } }),
      },
      ...(isPrivate && { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
    }),
  );
  const server = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  context.after(() => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await listens(port);
  const credentials = isPrivate ? ['--dest-creds', 'me:secret'] : [];
  return {
    port,
    push(layout, name) {
      const options = ['--insecure-policy', '--all', '--preserve-digests', '--dest-tls-verify=false'];
      runTool('skopeo', [
        'copy',
        ...options,
        ...credentials,
        `oci:${layout}`,
        `docker://127.0.0.1:${port}/${name}`,
      ]);
    },
    remove(name) {
      runTool('skopeo', ['delete', '--tls-verify=false', `docker://127.0.0.1:${port}/${name}`]);
    },
  };
}

/** An endpoint of notifications. CNCF Distribution, "Configuring a registry". */
function endpointOf({ url, authorization }: NonNullable<RegistrySetup['notifies']>): object {
  const headers = { Authorization: [authorization] };
  return { name: 'clair', url, headers, timeout: '5s', threshold: 5, backoff: '1s' };
}

/** Returns a port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => {
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return await promise;
}

async function listens(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => {
        resolve(false);
      });
    });
    if (isThere) return;
    await setTimeout(50);
  }
  throw new Error('docker-registry does not listen');
}
