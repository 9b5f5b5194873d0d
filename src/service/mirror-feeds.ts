import { ClairError, messageOf } from '../kit/errors.ts';
import type { FeedClient, Fetched } from '../plugin/advisory-source.ts';

/** Something that publishes feeds: an advisory source or an enricher. */
export interface Publisher {
  readonly name: string;
  /** Name of a better one that it stands in for. */
  readonly insteadOf?: string;
  readonly feeds: readonly string[];
  fetch(feed: string, client: FeedClient, known?: string): Promise<Fetched | 'unchanged' | 'absent'>;
}

/** What became of one feed of a mirror. `superseded`: what it stands in for is in the mirror. */
export interface MirroredFeed {
  readonly source: string;
  readonly feed: string;
  readonly outcome: 'mirrored' | 'absent' | 'superseded' | ClairError;
}

/**
 * Walks through every feed as if nothing of it were known, with a client that lays down what it gets; each feed on its own. So a
 * mirror holds what a first load needs; of a vendor that publishes an archive and changes to it, that is the archive.
 */
export async function* mirrorFeeds(
  publishers: readonly Publisher[],
  client: FeedClient,
): AsyncGenerator<MirroredFeed> {
  const mirrored = new Set<string>();
  for (const publisher of publishers) {
    const { name: source, insteadOf } = publisher;
    for (const feed of publisher.feeds) {
      const isNeedless = insteadOf !== undefined && mirrored.has(insteadOf);
      const outcome = isNeedless ? 'superseded' : await mirror(publisher, feed, client);
      if (outcome === 'mirrored') mirrored.add(source);
      yield { source, feed, outcome };
    }
  }
}

async function mirror(
  publisher: Publisher,
  feed: string,
  client: FeedClient,
): Promise<MirroredFeed['outcome']> {
  try {
    const fetched = await publisher.fetch(feed, client);
    if (fetched === 'absent' || fetched === 'unchanged') return 'absent';
    // Some feeds are many files, each of which is asked for as the one before ends; others check at their end what they are.
    await readThrough(fetched.body);
    return 'mirrored';
  } catch (error) {
    return error instanceof ClairError
      ? error
      : new ClairError('feed-corrupt', messageOf(error), { cause: error });
  }
}

async function readThrough(body: AsyncIterable<Uint8Array>): Promise<void> {
  const reader = body[Symbol.asyncIterator]();
  while ((await reader.next()).done !== true);
}
