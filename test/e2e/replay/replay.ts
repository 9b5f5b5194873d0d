import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import { loadConfig } from '../../../src/cli/config.ts';
import { startServer } from '../../../src/cli/server/start-server.ts';
import { serveHttp } from '../../../src/testing/http-server.ts';
import { type Exchange, recordings } from '../../../src/testing/recordings.ts';
import { isIncomparable, normalized, recordedAnswer } from './compare.ts';
import { Conversation, type ReplayEndpoints } from './conversation.ts';
import { comparableAnswer, type Deviations, expectedAnswer } from './deviations.ts';

/** Repeats recorded exchanges in order and collects the differences. */
export class Replay {
  readonly conversation: Conversation;
  readonly #context: TestContext;
  readonly #deviations: Deviations;
  readonly #unlisted: string[] = [];

  constructor(context: TestContext, endpoints: ReplayEndpoints, deviations: Deviations) {
    this.#context = context;
    this.conversation = new Conversation(endpoints);
    this.#deviations = deviations;
  }

  async repeat(exchange: Exchange): Promise<void> {
    const given = await this.conversation.repeat(exchange);
    if (isIncomparable(exchange)) return;
    const deviation = this.#deviations[exchange.n];
    const theirs = normalized(recordedAnswer(exchange));
    const ours = normalized(comparableAnswer(given, deviation));
    const expected = normalized(expectedAnswer(recordedAnswer(exchange), deviation));
    const difference = [
      `#${exchange.n} ${exchange.method} ${exchange.path}`,
      `  theirs ${JSON.stringify(theirs)}`,
      `  ours   ${JSON.stringify(ours)}`,
    ].join('\n');
    if (!isDeepStrictEqual(ours, expected)) this.#unlisted.push(difference);
    else if (deviation !== undefined) this.#context.diagnostic(`${deviation.rule}: ${difference}`);
    // A deviation that no longer exists must be removed.
    if (deviation !== undefined) assert.notDeepEqual(ours, theirs, `#${exchange.n} is as Clair's`);
  }

  /** Asserts that there were no differences besides the listed deviations. */
  finish(): void {
    assert.equal(this.#unlisted.join('\n'), '');
  }
}

/** Starts a server on a database, with further settings, and a layer server. */
export async function startEndpoints(
  t: TestContext,
  database: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ReplayEndpoints> {
  const isPostgres = database.startsWith('postgres');
  const config = loadConfig(
    {},
    {
      CLAIR_DATABASE_TYPE: isPostgres ? 'pgsql' : 'sqlite',
      [isPostgres ? 'CLAIR_DATABASE_OPTIONS_SOURCE' : 'CLAIR_DATABASE_OPTIONS_PATH']: database,
      CLAIR_API_ADDR: '127.0.0.1:0',
      CLAIR_API_HEALTHADDR: '127.0.0.1:0',
      CLAIR_UPDATER_INTERVAL: '0',
      ...env,
    },
  );
  const server = await startServer(config, { log: pino({ level: 'silent' }) });
  t.after(() => server[Symbol.asyncDispose]());
  const ports = new Map([
    [16_060, server.apiPort],
    [16_061, server.healthPort],
    [36_060, server.apiPort],
    [36_061, server.healthPort],
  ]);
  return { ports, files: await serveLayers(t) };
}

async function serveLayers(t: TestContext): Promise<string> {
  return await serveHttp(t, (request, response) => {
    const [, status, file] = /^(?:\/status\/(\d+))?(\/.*)$/.exec(request.url ?? '') ?? [];
    const path = join(recordings, 'layers', file ?? '');
    if (status === '302') response.writeHead(302, { Location: file }).end();
    else if (status !== undefined) response.writeHead(Number(status)).end();
    else if (existsSync(path)) createReadStream(path).pipe(response);
    else response.writeHead(404).end();
  });
}
