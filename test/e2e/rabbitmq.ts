import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect, type GetMessage } from 'amqplib';
import type { CertificateFiles } from '../../src/testing/certificates.ts';

const program = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** The reason to skip tests with Debian's RabbitMQ. */
export const noRabbit: string | false = existsSync(program) ? false : 'rabbitmq-server is not installed';

/** Ports of a broker. */
interface BrokerPorts {
  readonly amqp: number;
  readonly amqps: number;
  readonly stomp: number;
  readonly stomps: number;
}

/** A running RabbitMQ with AMQP 0-9-1 and STOMP, with and without TLS. Its user is `guest`, with the same password. */
export class Rabbit {
  readonly ports: BrokerPorts;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #nameServer: ChildProcess;

  private constructor(
    ports: BrokerPorts,
    child: ChildProcess,
    { directory, nameServer }: { readonly directory: string; readonly nameServer: ChildProcess },
  ) {
    this.ports = ports;
    this.#child = child;
    this.#directory = directory;
    this.#nameServer = nameServer;
  }

  static async start({ cert, key }: CertificateFiles): Promise<Rabbit> {
    const directory = mkdtempSync(join(tmpdir(), 'clair-rabbitmq-'));
    const [amqp, amqps, stomp, stomps, nameServerPort, distribution] = await freePorts();
    const ports = { amqp, amqps, stomp, stomps };
    mkdirSync(join(directory, 'log'));
    const at = (name: string): string => join(directory, name);
    writeFileSync(at('plugins'), '[rabbitmq_stomp].');
    writeFileSync(
      at('rabbitmq.conf'),
      [
        `listeners.tcp.1 = 127.0.0.1:${amqp}`,
        `listeners.ssl.1 = 127.0.0.1:${amqps}`,
        `stomp.listeners.tcp.1 = 127.0.0.1:${stomp}`,
        `stomp.listeners.ssl.1 = 127.0.0.1:${stomps}`,
        ...[`ssl_options.certfile = ${cert}`, `ssl_options.keyfile = ${key}`],
        ...['log.file = false', 'log.console = true', 'log.console.level = error', ''],
      ].join('\n'),
    );
    // The broker would start its name server as a daemon, which would outlast the tests.
    const nameServer = spawn('epmd', ['-port', String(nameServerPort)], { stdio: 'ignore' });
    const child = spawn(program, {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        HOME: directory,
        RABBITMQ_NODENAME: `clair${amqp}@localhost`,
        RABBITMQ_MNESIA_BASE: at('db'),
        RABBITMQ_LOG_BASE: at('log'),
        RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
        RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
        RABBITMQ_PID_FILE: at('pid'),
        RABBITMQ_DIST_PORT: String(distribution),
        ERL_EPMD_PORT: String(nameServerPort),
      },
    });
    const rabbit = new Rabbit(ports, child, { directory, nameServer });
    // The plugin of STOMP starts last.
    while (!(await accepts(stomps))) {
      assert.equal(child.exitCode, null, 'the broker ended');
      await setTimeout(50);
    }
    return rabbit;
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.ports.amqp}/`;
  }

  /** Makes an exchange with a queue that gets its messages with a routing key. */
  async bind(exchange: string, key: string, queue: string): Promise<void> {
    const connection = await connect(this.url);
    const channel = await connection.createChannel();
    await channel.assertExchange(exchange, 'direct', { durable: true });
    await channel.assertQueue(queue);
    await channel.bindQueue(queue, exchange, key);
    await connection.close();
  }

  /** Takes all messages of a queue when it has at least `count`. */
  async take(queue: string, count: number): Promise<GetMessage[]> {
    const connection = await connect(this.url);
    const channel = await connection.createChannel();
    await channel.assertQueue(queue);
    while ((await channel.checkQueue(queue)).messageCount < count) await setTimeout(10);
    const taken: GetMessage[] = [];
    for (;;) {
      const one = await channel.get(queue, { noAck: true });
      if (one === false) break;
      taken.push(one);
    }
    await connection.close();
    return taken;
  }

  /** Ends the broker and Erlang's name server. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    const ended = once(this.#child, 'exit');
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await ended;
    this.#nameServer.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Returns ports that nothing listens on. */
async function freePorts(): Promise<[number, number, number, number, number, number]> {
  const servers = Array.from({ length: 6 }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports as [number, number, number, number, number, number];
}

async function accepts(port: number): Promise<boolean> {
  const socket = connectTcp(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
