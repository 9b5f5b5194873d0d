import { ClairError } from '../../kit/errors.ts';
import { type MirroredFeed, mirrorFeeds, type Publisher } from '../../service/feeds/mirror-feeds.ts';
import { feedClient, originOf } from '../feed-client.ts';
import { writeLines } from '../output.ts';
import type { Plugged } from '../plugged.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from '../progress.ts';
import { feedColumn, named } from './feeds.ts';

/** Options of `clair db mirror`. */
export interface MirrorOptions extends ConsoleOptions {
  readonly progress?: Progress;
  /** Another mirror to get the feeds from, instead of the vendors. */
  readonly mirror?: string;
  readonly plugged: Plugged;
}

/**
 * `clair db mirror DIR`: lays every feed of the named publishers, or of all, down in a directory that `--mirror` takes. A second
 * run gets only what changed. Answers 3 when a feed could not be had; what was there of it stays.
 */
export async function mirrorDatabase(
  directory: string,
  names: readonly string[],
  { mirror, plugged: { extensions }, ...options }: MirrorOptions,
): Promise<number> {
  const publishers = named<Publisher>(names, [...extensions.sources, ...extensions.enrichers]);
  const progress = options.progress ?? terminalProgress(options);
  const { savingClient } = await import('../../source/client/saving.ts');
  const client = await savingClient(directory, {
    name: originOf(mirror),
    client: feedClient(mirror, progress),
  });
  let failed = 0;
  try {
    for await (const feed of mirrorFeeds(publishers, client)) {
      progress.clear();
      if (feed.outcome instanceof ClairError) failed++;
      writeLines([lineOf(feed)]);
    }
  } finally {
    progress.clear();
    await client.finish();
  }
  return failed > 0 ? 3 : 0;
}

function lineOf({ source, feed, outcome }: MirroredFeed): string {
  const name = feedColumn(source, feed);
  if (outcome instanceof ClairError) return `${name} failed: ${outcome.message}`;
  if (outcome === 'absent') return `${name} does not exist there`;
  if (outcome === 'superseded') return `${name} is not needed: the source it stands in for is there`;
  const { written, unchanged } = outcome;
  return `${name} mirrored: ${written} ${written === 1 ? 'file' : 'files'} new, ${unchanged} as before`;
}
