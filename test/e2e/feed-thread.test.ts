import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { limits } from '../../src/core/limits.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { sendRaw } from './replay/conversation.ts';
import { runServer, type ServeProcess } from './serve-process.ts';
import { waitUntil } from './v1-client.ts';

const timeout = 300_000;
const feedPath = '/errata.almalinux.org/9/errata.full.json';
/** A feed of this size takes a server ten seconds or more. */
const largeFeedBytes = 120_000_000;
/** The parser is busy by then: it lags behind by what the connection buffers, some megabytes. */
const middleBytes = 10_000_000;

test('answers /health and GET within 100 ms while a large feed is loaded', { timeout }, async (t) => {
  const server = await runOn(t, await mirror(t, (response) => sendErrata(response, largeFeedBytes)));
  let isLoaded = false;
  const loaded = server.logged('feed updated').then(() => {
    isLoaded = true;
  });
  const idle = new URL(await serveHttp(t, (_, response) => response.end()));
  const [health, get, control] = await Promise.all([
    latencies(server.ports.health, '/health', () => isLoaded),
    latencies(server.ports.api, '/v1/namespaces', () => isLoaded),
    latencies(Number(idle.port), '/', () => isLoaded),
  ]);
  await loaded;
  assert.ok(health.length > 50 && get.length > 50, `${health.length} and ${get.length} answers`);
  // The latency of an idle server is due to this process and to the load of the machine.
  const allowedMs = 100 + percentile(control, 0.99);
  const figures = [health, get, control].map(summary).join(', ');
  assert.ok(percentile(health, 0.99) < allowedMs && percentile(get, 0.99) < allowedMs, figures);
  const { body } = await server.clair.get('/v1/namespaces/almalinux:9/vulnerabilities?limit=1');
  assert.match(body, /"Name":"ALSA-2024:/);
});

/** Behaviours of the mirror instead of a complete feed. Each calls back in the middle of it. */
const slowAnswers: readonly (readonly [
  name: string,
  answer: (response: ServerResponse, onMiddle: () => void) => void,
])[] = [
  [
    'never answers',
    (_, onMiddle) => {
      onMiddle();
    },
  ],
  ['sends a byte now and then', drip],
  [
    'sends an endless feed',
    (response, onMiddle) => void sendErrata(response, Number.POSITIVE_INFINITY, onMiddle),
  ],
];

for (const [name, answer] of slowAnswers)
  test(`ends at SIGTERM while the mirror ${name}, and leaves no part of the feed`, { timeout }, async (t) => {
    const database = databaseOf(t);
    const middle = Promise.withResolvers<undefined>();
    const url = await mirror(t, (response) => {
      answer(response, () => {
        middle.resolve(undefined);
      });
    });
    const server = await runOn(t, url, database);
    await middle.promise;
    await assertStops(server);
    await assertEmpty(database);
  });

test('answers requests while the parser of a plugin never ends, and ends at SIGTERM', {
  timeout,
}, async (t) => {
  const [database, plugin] = [databaseOf(t), join(temporaryDirectory(t), 'stuck.mjs')];
  writeFileSync(plugin, stuckPlugin);
  const url = await mirror(t, (response) => response.end('x'), '/feeds.example/stuck');
  const env = { CLAIR_UPDATER_ENABLEDUPDATERS: 'stuck,kev', CLAIR_PLUGINS: plugin };
  const server = await runOn(t, url, database, env);
  await waitUntil(() => server.written().some((line) => line.includes('the parser has begun')));
  assert.equal(await server.clair.health(), 200);
  await assertStops(server);
  await assertEmpty(database);
});

test('loads feeds of plugins, and of an in-memory database, on the feed thread', {
  timeout,
}, async (t) => {
  const plugin = join(temporaryDirectory(t), 'words.mjs');
  writeFileSync(plugin, stuckPlugin.replace('for (;;);', ''));
  const url = await mirror(t, (response) => response.end('x'), '/feeds.example/stuck');
  const env = { CLAIR_UPDATER_ENABLEDUPDATERS: 'stuck,kev', CLAIR_PLUGINS: plugin };
  const server = await runOn(t, url, ':memory:', env);
  assert.match(await server.logged('feed updated'), /"source":"stuck","feed":"all","added":1,/);
  const { status, body } = await server.clair.get('/v1/namespaces/debian:12/vulnerabilities?limit=1');
  assert.deepEqual([status, /"Name":"STUCK-1"/.test(body)], [200, true], body);
});

for (const engine of sharedEngines)
  test(`${engine.name}: loads feeds beside requests with the minimum number of connections`, {
    timeout,
  }, async (t) => {
    const place = await engine.createLocation(t);
    const url = await mirror(t, (response) => sendErrata(response, 1_000_000));
    const isPostgres = place.startsWith('postgres');
    const env = isPostgres
      ? {
          CLAIR_DATABASE_TYPE: 'pgsql',
          CLAIR_DATABASE_OPTIONS_SOURCE: place,
          CLAIR_DATABASE_OPTIONS_PATH: '',
          CLAIR_DATABASE_OPTIONS_MAXOPENCONNECTIONS: '1',
        }
      : {};
    const server = await runOn(t, url, place, env);
    assert.match(await server.logged('feed updated'), /"source":"alma","feed":"9"/);
    const { body } = await server.clair.get('/v1/namespaces/almalinux:9/vulnerabilities?limit=1');
    assert.match(body, /"Name":"ALSA-2024:/);
    await assertStops(server);
  });

test('continues when the parser of a plugin ends its thread', { timeout }, async (t) => {
  const plugin = join(temporaryDirectory(t), 'ending.mjs');
  writeFileSync(plugin, stuckPlugin.replace('for (;;);', 'process.exit(3);'));
  const url = await mirror(t, (response) => response.end('x'), '/feeds.example/stuck');
  const env = { CLAIR_UPDATER_ENABLEDUPDATERS: 'stuck,kev', CLAIR_PLUGINS: plugin };
  const server = await runOn(t, url, databaseOf(t), env);
  assert.match(await server.logged('feed update failed'), /the thread that loads feeds has ended/);
  assert.equal(await server.clair.health(), 200);
});

test('releases the memory of a failed update before the next attempt', { timeout }, async (t) => {
  const plugin = join(temporaryDirectory(t), 'failing.mjs');
  const fails =
    "console.error('on thread', (await import('node:worker_threads')).threadId); throw new Error('broken');";
  writeFileSync(plugin, stuckPlugin.replace('for (;;);', fails));
  const url = await mirror(t, (response) => response.end('x'), '/feeds.example/stuck');
  const env = {
    CLAIR_UPDATER_ENABLEDUPDATERS: 'stuck,kev',
    CLAIR_PLUGINS: plugin,
    CLAIR_UPDATER_INTERVAL: '1s',
  };
  const server = await runOn(t, url, databaseOf(t), env);
  const threads = (): string[] => server.written().flatMap((line) => /on thread \d+/.exec(line) ?? []);
  await waitUntil(() => threads().length >= 2);
  assert.equal(new Set(threads()).size, threads().length);
});

/** A source whose parser blocks its thread forever. */
const stuckPlugin = `
const namespace = { name: 'debian:12', versionScheme: 'dpkg' };
export const plugin = { name: 'stuck', version: '1', sources: [{
  name: 'stuck', version: 1, feeds: ['all'], feedsFor: () => [],
  fetch: (_, client, known) => client.get('https://feeds.example/stuck', known),
  async *parse(_, { body }) {
    for await (const piece of body) process.stderr.write('the parser has begun\\n');
    for (;;);
    yield { kind: 'vulnerability', key: 'STUCK-1', id: 'STUCK-1', aliases: [], links: [], severity: 'High', cvss: [],
      affected: [{ namespace, package: 'a', range: { to: '1' }, fix: { state: 'fixed', version: '1' } }] };
  },
}] };
`;

function databaseOf(t: TestContext): string {
  return join(temporaryDirectory(t), 'clair.db');
}

async function runOn(
  t: TestContext,
  url: string,
  database: string = databaseOf(t),
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  return await runServer(t, ['serve'], {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_DATABASE_OPTIONS_PATH: database,
    CLAIR_UPDATER_MIRROR: url,
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alma,kev',
    CLAIR_UPDATER_SOURCES_KEV_INTERVAL: '0',
    CLAIR_UPDATER_SOURCES_ALMA_FEEDS: '9',
    ...env,
  });
}

/** Starts a mirror with one feed. */
async function mirror(
  t: TestContext,
  answer: (response: ServerResponse) => unknown,
  path: string = feedPath,
): Promise<string> {
  const listener: RequestListener = ({ url }, response) => {
    if (url === path) answer(response);
    else response.writeHead(404).end();
  };
  return await serveHttp(t, listener);
}

function drip(response: ServerResponse, onMiddle: () => void): void {
  let count = 0;
  const timer = setInterval(() => {
    response.write(count === 0 ? '{"data":[' : ' ');
    if (++count === 3) onMiddle();
  }, 100);
  response.once('close', () => {
    clearInterval(timer);
  });
}

/** Sends errata, each with ten packages, until they have this many bytes. */
async function sendErrata(response: ServerResponse, bytes: number, onMiddle?: () => void): Promise<void> {
  const gone = Promise.withResolvers<undefined>();
  response.once('close', gone.resolve).writeHead(200);
  let text = '{"data":[';
  for (let sent = 0, i = 0; sent < bytes && !response.destroyed; i++) {
    text += `${i === 0 ? '' : ','}${erratum(i)}`;
    if (text.length < 65_536) continue;
    sent += text.length;
    if (sent > middleBytes) onMiddle?.();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    response.write(text, () => {
      resolve(undefined);
    });
    text = '';
    await Promise.race([promise, gone.promise]);
  }
  response.end(`${text}]}`);
}

function erratum(i: number): string {
  const packages = Array.from({ length: 10 }, (_, j) => ({
    name: `package-${(i * 7 + j) % 20_000}`,
    epoch: '0',
    arch: 'x86_64',
    version: `1.${i % 97}.${j}`,
    release: `${i % 13}.el9`,
  }));
  return JSON.stringify({
    id: `ALSA-2024:${i}`,
    type: 'security',
    severity: 'Important',
    title: 'An update',
    description: `${'word '.repeat(120)}${i}`,
    issued_date: 1_700_000_000 + i,
    packages,
    references: [{ type: 'cve', id: `CVE-2024-${1000 + i}` }],
  });
}

/** Returns the latencies in ms of a request that is repeated until `isDone`. */
async function latencies(port: number, path: string, isDone: () => boolean): Promise<number[]> {
  const measured: number[] = [];
  while (!isDone()) {
    const started = performance.now();
    const { status } = await sendRaw(port, { method: 'GET', path, headers: {}, body: null });
    assert.equal(status, 200);
    measured.push(performance.now() - started);
    await setTimeout(20);
  }
  return measured.sort((a, b) => a - b);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}

function summary(sorted: readonly number[]): string {
  return [0.5, 0.99, 1 - 1 / sorted.length].map((share) => percentile(sorted, share).toFixed(1)).join('/');
}

async function assertStops(server: ServeProcess): Promise<void> {
  const { status, seconds } = await server.end();
  assert.equal(status, 0, server.written().join('\n'));
  assert.ok(seconds * 1000 < limits.stopMs, `it took ${seconds} s`);
}

/**
 * Asserts that a database has nothing of a feed and no failure: the update was aborted, and the feed was not at fault.
 */
async function assertEmpty(database: string): Promise<void> {
  await using store = await openSqliteStore(database);
  assert.deepEqual(await store.advisories.findFeedStates(), []);
  const { rows } = await store.statistics();
  assert.deepEqual([rows['vulnerability'], rows['affected']], [0, 0]);
}
