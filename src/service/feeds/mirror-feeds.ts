import { ClairError, messageOf } from '../../core/errors.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/advisory-source.ts';

/** A publisher of feeds: an advisory source or an enricher. */
export interface Publisher {
  readonly name: string;
  /** Name of the preferred source that it is a fallback for. */
  readonly fallbackFor?: string;
  readonly feeds: readonly string[];
  fetch(feed: string, client: FeedClient, lastFingerprint?: string): Promise<FetchResult>;
  parse(feed: string, content: FetchedFeed): AsyncIterable<unknown>;
}

/** A client that saves files. `accept` keeps the files fetched since the last call; `reject` discards them. */
export interface MirroringClient extends FeedClient {
  accept(): Promise<MirroredFiles>;
  reject(): Promise<void>;
}

/** Numbers of written and unchanged files of a feed. */
export interface MirroredFiles {
  readonly written: number;
  readonly unchanged: number;
}

/** Outcome of one feed of a mirror. `superseded`: the mirror has the source that this one is a fallback for. */
export interface MirroredFeed {
  readonly source: string;
  readonly feed: string;
  readonly outcome: MirroredFiles | 'absent' | 'superseded' | ClairError;
}

/**
 * Fetches every feed without a fingerprint and parses it to its end, with a client that saves the files. Feeds are independent. Content
 * that cannot be parsed, such as a web page or a truncated file, does not replace the saved files. A mirror has what a first load needs:
 * the archive, if a vendor publishes an archive and changes to it.
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
