import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { loadConfig } from '../../src/cli/config.ts';
import { type RunningServer, startServer } from '../../src/cli/server/start-server.ts';
import { Random } from '../random.ts';
import { writeLayers } from './layer-files.ts';
import { type FuzzRequest, randomRequest } from './random-requests.ts';

/** Options of `compareServers`. */
export interface ComparisonOptions {
  readonly requests: number;
  /** Seed of all random choices. */
  readonly seed: number;
  /** Path of an empty directory. */
  readonly directory: string;
  /** Path of a SQLite file, and connection string of an empty PostgreSQL database. */
  readonly databases: readonly [sqlite: string, postgres: string];
  readonly onDifference: (difference: string) => void;
}

/** Result of a comparison. */
export interface ComparisonResult {
  readonly differences: number;
  /** Number of responses of the SQLite server by status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly notifications: number;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** Headers that may differ: the time, and the length of normalized bodies. */
const ignoredHeaders: ReadonlySet<string> = new Set(['date', 'content-length', 'connection', 'keep-alive']);

/** Number of layers that the requests use. */
const layerCount = 60;

/** One of the two servers, with the names and tokens that it generated. */
class Side implements AsyncDisposable {
  readonly #receiver: Server;
  readonly #server: RunningServer;
  /** Names of notifications, in the order in which they were delivered. */
  readonly notifications: readonly string[];
  readonly pages: string[] = [];

  private constructor(receiver: Server, server: RunningServer, notifications: readonly string[]) {
    this.#receiver = receiver;
    this.#server = server;
    this.notifications = notifications;
  }

  static async start(database: string): Promise<Side> {
    const notifications: string[] = [];
    const receiver = createServer((incoming, response) => {
      void (async () => {
        let text = '';
        for await (const piece of incoming.setEncoding('utf8')) text += String(piece);
        const { Notification } = JSON.parse(text) as { Notification: { Name: string } };
        if (!notifications.includes(Notification.Name)) notifications.push(Notification.Name);
        response.end();
      })();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    const config = loadConfig({}, environment(database, `http://127.0.0.1:${port}/`));
    const server = await startServer(config, { log: pino({ level: 'silent' }) });
    return new Side(receiver, server, notifications);
  }

  async send(request: FuzzRequest): Promise<Answer> {
    const answer = await send(this.#server.apiPort, { ...request, path: this.#outgoing(request.path) });
    const body = this.#incoming(answer.body);
    return { ...answer, body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#receiver.closeAllConnections();
    this.#receiver.close();
  }

  #outgoing(path: string): string {
    return path
      .replace(/\{page (\d+)\}/, (_, i: string) => encodeURIComponent(this.pages[Number(i)] ?? ''))
      .replace(/\{notification (\d+)\}/, (_, i: string) => this.notifications[Number(i)] ?? '');
  }

  /** Replaces tokens, names and times in a body by placeholders that are equal for both servers. */
  #incoming(body: string): string {
    return (
      body
        .replace(/"(NextPage|Page|next_page|current_page)":"([^"]+)"/g, (_, key: string, token: string) => {
          this.pages.push(token);
          return `"${key}":"{page}"`;
        })
        .replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, (name) => {
          const number = this.notifications.indexOf(name);
          return number === -1 ? name : `{notification ${number}}`;
        })
        // Set shortly after the delivery.
        .replace(/"[Nn]otified":"[^"]*",?/g, '')
        .replace(/"(Created|Deleted|created|deleted)":"\d+"/g, '"$1":"{time}"')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '{time}')
    );
  }
}

function environment(database: string, endpoint: string): Record<string, string> {
  const isPostgres = database.startsWith('postgres');
  return {
    CLAIR_DATABASE_TYPE: isPostgres ? 'pgsql' : 'sqlite',
    [isPostgres ? 'CLAIR_DATABASE_OPTIONS_SOURCE' : 'CLAIR_DATABASE_OPTIONS_PATH']: database,
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
    CLAIR_NOTIFIER_HTTP_ENDPOINT: endpoint,
    CLAIR_WORKER_THREADS: '1',
  };
}

async function send(port: number, { method, path, headers, body }: FuzzRequest): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = httpRequest({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const isText = response.headers['content-encoding'] === undefined;
        const shown = Object.entries(response.headers).filter(([name]) => !ignoredHeaders.has(name));
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(shown.map(([name, value]) => [name, String(value)])),
          body: Buffer.concat(pieces).toString(isText ? 'utf8' : 'base64'),
        });
      });
    });
    asked.on('error', reject);
    asked.end(body ?? undefined);
  });
}

/** Sends the same random requests to a server on each engine. Reports every response that differs in status, headers or body. */
export async function compareServers({
  requests,
  seed,
  directory,
  databases,
  onDifference,
}: ComparisonOptions): Promise<ComparisonResult> {
  const draw = new Random(seed);
  const layers = writeLayers(directory, draw, layerCount);
  await using sqlite = await Side.start(databases[0]);
  await using postgres = await Side.start(databases[1]);
  const statuses = new Map<number, number>();
  let differences = 0;
  for (let i = 0; i < requests; i++) {
    await notificationsDelivered(sqlite, postgres);
    const pages = Math.min(sqlite.pages.length, postgres.pages.length);
    const notifications = Math.min(sqlite.notifications.length, postgres.notifications.length);
    const request = randomRequest(draw, { layers, pages, notifications });
    const answers = await Promise.all([sqlite.send(request), postgres.send(request)]);
    const [{ status }] = answers;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const [ofSqlite, ofPostgres] = answers.map((answer) => JSON.stringify(answer));
    if (ofSqlite === ofPostgres) continue;
    differences++;
    onDifference(
      [
        `request ${i}: ${JSON.stringify(request)}`,
        `  SQLite     ${ofSqlite}`,
        `  PostgreSQL ${ofPostgres}`,
      ].join('\n'),
    );
  }
  return { differences, statuses, notifications: sqlite.notifications.length };
}

/** Waits until both servers have the same notifications, which are created in the background. A request that names one needs it on both. */
async function notificationsDelivered(a: Side, b: Side): Promise<void> {
  const deadline = performance.now() + 2000;
  while (a.notifications.length !== b.notifications.length && performance.now() < deadline)
    await setTimeout(1);
}
