import assert from 'node:assert/strict';
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { builtIn } from '../../src/extensions.ts';
import {
  type FeedOfSource,
  type UpdateFeedsDeps,
  updateFeeds,
} from '../../src/service/feeds/update-feeds.ts';
import { mirrorClient } from '../../src/source/client/mirror.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { serveHttp } from '../../src/testing/http-server.ts';
import { corpusMirror } from './mirror.ts';

/** Sources of several kinds: many small files, one large one, several steps to the file, archives. */
const names = new Set(['alpine', 'debian', 'wolfi', 'amazon', 'kev', 'azure']);
const feeds: readonly FeedOfSource[] = [...builtIn.sources, ...builtIn.enrichers]
  .filter(({ name }) => names.has(name))
  .flatMap((source) => source.feeds.map((feed) => ({ source, feed })));

corpusTest(
  'an update through a mirror that fails in every way ends with the same database as a clean one',
  async (context) => {
    const clean = await updated(context, async () => true);
    const whims = generator(20261125);
    const shaken = await updated(context, (answer) => serveFaultily(answer, whims));
    const [actual, expected] = [await contentOf(shaken), await contentOf(clean)];
    assert.deepEqual(actual.states, expected.states);
    assert.ok(expected.records.length > 50_000);
    const known = new Set(expected.records);
    assert.equal(
      actual.records.find((record) => !known.has(record)),
      undefined,
    );
    assert.equal(actual.records.length, expected.records.length);
  },
);

interface Answer {
  readonly response: ServerResponse;
  readonly path: string;
  readonly size: number;
}

/** Updates a store, with as many attempts as it takes, from a server that fails as `serveWell` decides for each response. */
async function updated(
  context: TestContext,
  serveWell: (answer: Answer) => Promise<boolean>,
): Promise<Store> {
  const root = corpusMirror();
  const url = await serveHttp(context, (request, response) => {
    void answer(root, request, response, serveWell);
  });
  const store = await openSqliteStore(':memory:');
  context.after(() => store[Symbol.asyncDispose]());
  let open = feeds;
  for (let round = 0; open.length > 0; round++) {
    assert.ok(round < 60, `${open.length} feeds never came through`);
    const outcomes = await updateFeeds(open, depsFor(store, url));
    open = outcomes
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ source, feed }) => ({ source, feed }));
  }
  return store;
}

function depsFor(store: Store, url: string): UpdateFeedsDeps {
  return {
    store,
    schemes: builtIn.schemes,
    client: mirrorClient(url, { sleep: async () => undefined }),
    origin: 'mirror',
    now: () => new Date('2026-11-25T00:00:00Z'),
    maxAgeMs: 0,
    owner: 'test',
    lockWaitMs: 0,
    sleep: async () => undefined,
    onProgress: () => undefined,
  };
}

async function answer(
  root: string,
  { url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  serveWell: (answer: Answer) => Promise<boolean>,
): Promise<void> {
  const path = join(root, decodeURIComponent(new URL(url, 'http://mirror').pathname));
  if (!existsSync(path) || !statSync(path).isFile()) {
    response.writeHead(404).end();
    return;
  }
  const { size } = statSync(path);
  const tag = `"${size}"`;
  if (!(await serveWell({ response, path, size }))) return;
  if (headers['if-none-match'] === tag) response.writeHead(304).end();
  else {
    response.writeHead(200, { etag: tag, 'content-length': size });
    createReadStream(path).pipe(response);
  }
}

/** Serves every other response well. Fails in one of the usual ways otherwise. */
async function serveFaultily({ response, path, size }: Answer, whims: () => number): Promise<boolean> {
  switch (Math.floor(whims() * 10)) {
    case 0:
      response.writeHead(429, { 'retry-after': '1' }).end();
      return false;
    case 1:
      response.writeHead(500).end('out of order');
      return false;
    case 2:
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in first</html>');
      return false;
    case 3:
      // Cut in the middle, with the length of the whole.
      response.writeHead(200, { 'content-length': size });
      createReadStream(path, { end: Math.floor(whims() * size) })
        .on('end', () => response.destroy())
        .pipe(response, { end: false });
      return false;
    case 4:
      // Cut in the middle, without a length of the whole.
      response.writeHead(200);
      createReadStream(path, { end: Math.max(Math.floor(whims() * size) - 1, 0) }).pipe(response);
      return false;
    default:
      return true;
  }
}

/** Returns everything that reports are built from: the state of each feed, and every current record. */
async function contentOf(store: Store): Promise<{ states: unknown[]; records: string[] }> {
  const states = await store.advisories.findFeedStates();
  const records: string[] = [];
  for (const { name } of await store.advisories.findNamespaces()) {
    let after = 0;
    for (;;) {
      const page = await store.vulnerabilities.pageByNamespace(name, { limit: 5000, after });
      const read = await store.vulnerabilities.findByNumbers(page.map(({ number }) => number));
      for (const { number, validFrom, validTo, affected, ...record } of read)
        records.push(JSON.stringify([name, record, affected.map(({ keys, ...row }) => row)]));
      if (page.length < 5000) break;
      after = page.at(-1)?.number ?? after;
    }
  }
  return {
    states: states
      .map(({ source, feed, presence, records: count, newestAdvisory }) => [
        source,
        feed,
        presence,
        count,
        newestAdvisory,
      ])
      .sort(),
    records: records.sort(),
  };
}

/** Yields numbers from 0 to 1, the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
