import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { unprivilegedDirectory } from './unprivileged.ts';

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));

/** Why tests with PgBouncer are skipped; false in CI, where it must be installed. */
export const pgbouncerSkip =
  program !== undefined || process.env['CI'] !== undefined
    ? false
    : 'PgBouncer is not installed, so nothing is tested behind it: apt-get install pgbouncer';

/** Settings of a pooler in a test. */
export interface PgbouncerSettings {
  readonly mode: 'session' | 'transaction';
  /** Number of its connections to the server. */
  readonly poolSize: number;
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
}

/** Starts PgBouncer before the server of a URL until the end of the test; returns the URL through it. */
export async function pgbouncerBefore(
  context: TestContext,
  url: string,
  { mode, poolSize, lines = [] }: PgbouncerSettings,
): Promise<string> {
  if (program === undefined) throw new Error('PgBouncer is not installed: apt-get install pgbouncer');
  const through = new URL(url);
  const port = await freePort();
  const { directory, user } = unprivilegedDirectory(context);
  const file = join(directory, 'pgbouncer.ini');
  const settings = [
    '[databases]',
    `* = host=${through.hostname} port=${through.port} user=postgres`,
    '[pgbouncer]',
    ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = any'],
    ...[`pool_mode = ${mode}`, `default_pool_size = ${poolSize}`, 'max_client_conn = 500', ...lines],
  ];
  writeFileSync(file, `${settings.join('\n')}\n`, { mode: 0o644 });
  // The shell ends the pooler when its input ends, which it does when this process ends in any way.
  const shell = spawn('sh', ['-c', '"$0" -q "$1" & read -r _; kill -9 $!', program, file], {
    ...user,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(shell, 'exit');
  context.after(async () => {
    shell.stdin.end();
    await ended;
  });
  await untilListening(port);
  through.port = String(port);
  return through.href;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    await sleep(25);
  }
  throw new Error('PgBouncer does not listen');
}
