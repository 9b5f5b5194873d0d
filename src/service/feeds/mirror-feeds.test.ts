import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import type { FeedClient, FetchedFeed } from '../../plugin/index.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { type MirroringClient, mirrorFeeds, type Publisher } from './mirror-feeds.ts';

/** A client that serves these files and records the calls it receives. */
class Client implements MirroringClient {
  readonly verdicts: string[] = [];
  readonly files: Readonly<Record<string, string>>;
  #got: string[] = [];

  constructor(files: Readonly<Record<string, string>>) {
    this.files = files;
  }

  async get(url: string): Promise<FetchedFeed | 'absent'> {
    const content = this.files[url];
    if (content === undefined) return 'absent';
    this.#got.push(url);
    return { url, fingerprint: '', body: inChunks(Buffer.from(content)) };
  }

  async accept(): Promise<{ written: number; unchanged: number }> {
    const written = this.#take('accepted');
    return { written, unchanged: 0 };
  }

  async reject(): Promise<void> {
    this.#take('rejected');
  }

  #take(verdict: string): number {
    const got = this.#got;
    this.#got = [];
    if (got.length > 0) this.verdicts.push(`${verdict} ${got.join(' ')}`);
    return got.length;
  }
}

/** Returns a publisher with one feed for each file. Parsing fetches a second file. */
function publisher(name: string, feeds: readonly string[], fallbackFor?: string): Publisher {
  return {
    name,
    ...(fallbackFor !== undefined && { fallbackFor }),
    feeds,
    fetch: async (feed, client) => {
      const first = await client.get(feed);
      return typeof first === 'string' ? first : { ...first, body: both(feed, first, client) };
    },
    async *parse(_feed, { body }) {
      const text = Buffer.concat(await collectAll(body)).toString();
      yield text.length;
      if (text.includes('<html>')) throw new ClairError('feed-corrupt', 'a web page');
      if (text.includes('bug')) throw new Error('a bug');
    },
  };
}

async function* both(feed: string, { body }: FetchedFeed, client: FeedClient): AsyncGenerator<Uint8Array> {
  yield* body;
  const second = await client.get(`${feed} 2`);
  if (typeof second === 'object') yield* second.body;
}

async function mirrored(publishers: readonly Publisher[], client: Client): Promise<string[]> {
  const feeds = await collectAll(mirrorFeeds(publishers, client));
  return feeds.map(({ source, feed, outcome }) => {
    if (outcome instanceof ClairError) return `${source} ${feed} ${outcome.code}: ${outcome.message}`;
    return `${source} ${feed} ${typeof outcome === 'string' ? outcome : outcome.written}`;
  });
}

test('accepts all files of a feed together and each feed by itself', async () => {
  const client = new Client({ a: '{}', 'a 2': '{}', b: '{}' });
  assert.deepEqual(await mirrored([publisher('x', ['a', 'b', 'c'])], client), [
    'x a 2',
    'x b 1',
    'x c absent',
  ]);
  assert.deepEqual(client.verdicts, ['accepted a a 2', 'accepted b']);
});

test('rejects all files of a feed that cannot be parsed and keeps other feeds', async () => {
  const client = new Client({ a: '{}', 'a 2': '<html>', b: 'bug', c: '{}' });
  assert.deepEqual(await mirrored([publisher('x', ['a', 'b', 'c'])], client), [
    'x a feed-corrupt: a web page',
    'x b feed-corrupt: a bug',
    'x c 1',
  ]);
  assert.deepEqual(client.verdicts, ['rejected a a 2', 'rejected b', 'accepted c']);
});

test('fetches a fallback source only when the preferred one is not available', async () => {
  const sources = [publisher('vex', ['a']), publisher('oval', ['b'], 'vex')];
  assert.deepEqual(await mirrored(sources, new Client({ a: '{}', b: '{}' })), [
    'vex a 1',
    'oval b superseded',
  ]);
  assert.deepEqual(await mirrored(sources, new Client({ b: '{}' })), ['vex a absent', 'oval b 1']);
  assert.deepEqual(await mirrored(sources, new Client({ a: '<html>', b: '{}' })), [
    'vex a feed-corrupt: a web page',
    'oval b 1',
  ]);
});
