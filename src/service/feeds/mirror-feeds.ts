import { ClairError, messageOf } from '../../core/errors.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/advisory-source.ts';

/** Something that publishes feeds: an advisory source or an enricher. */
export interface Publisher {
  readonly name: string;
  /** Name of a better one that it stands in for. */
  readonly fallbackFor?: string;
  readonly feeds: readonly string[];
  fetch(feed: string, client: FeedClient, lastFingerprint?: string): Promise<FetchResult>;
  parse(feed: string, content: FetchedFeed): AsyncIterable<unknown>;
}

/** A client that lays files down, as its `accept` is called for those that were got since the last call. */
export interface MirroringClient extends FeedClient {
  accept(): Promise<MirroredFiles>;
  reject(): Promise<void>;
}

/** How many files of a feed were written, and how many were as before. */
export interface MirroredFiles {
  readonly written: number;
  readonly unchanged: number;
}

/** What became of one feed of a mirror. `superseded`: what it stands in for is in the mirror. */
export interface MirroredFeed {
  readonly source: string;
  readonly feed: string;
  readonly outcome: MirroredFiles | 'absent' | 'superseded' | ClairError;
}

/**
 * Gets every feed as if nothing of it were known and reads it to its end, with a client that lays down what it gets; each feed on
 * its own. What cannot be read as the feed it should be, a web page or half a file, does not take the place of what was there. So a
 * mirror holds what a first load needs; of a vendor that publishes an archive and changes to it, that is the archive.
 */
export async function* mirrorFeeds(
  publishers: readonly Publisher[],
  client: MirroringClient,
): AsyncGenerator<MirroredFeed> {
  const mirrored = new Set<string>();
  for (const publisher of publishers) {
    const { name: source, fallbackFor } = publisher;
    for (const feed of publisher.feeds) {
      const isSuperseded = fallbackFor !== undefined && mirrored.has(fallbackFor);
      const outcome = isSuperseded ? 'superseded' : await mirror(publisher, feed, client);
      if (typeof outcome === 'object' && 'written' in outcome) mirrored.add(source);
      yield { source, feed, outcome };
    }
  }
}

async function mirror(
  publisher: Publisher,
  feed: string,
  client: MirroringClient,
): Promise<MirroredFeed['outcome']> {
  try {
    const fetched = await publisher.fetch(feed, client);
    if (typeof fetched === 'object') {
      await drain(publisher.parse(feed, fetched));
      return await client.accept();
    }
    await client.accept();
    return 'absent';
  } catch (error) {
    await client.reject();
    return error instanceof ClairError
      ? error
      : new ClairError('feed-corrupt', messageOf(error), { cause: error });
  }
}

async function drain(records: AsyncIterable<unknown>): Promise<void> {
  const reader = records[Symbol.asyncIterator]();
  while ((await reader.next()).done !== true);
}
