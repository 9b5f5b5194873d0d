import { ClairError } from '../../kit/errors.ts';
import { type MirroredFeed, mirrorFeeds, type Publisher } from '../../service/feeds/mirror-feeds.ts';
import { feedClient, originOf } from '../feed-client.ts';
import { writeLines } from '../output.ts';
import type { Plugged } from '../plugged.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from '../progress.ts';
import { named } from './feeds.ts';
import { hasMirrorLine, isNoneThere, mirrorLine, mirrorSummary } from './mirror-lines.ts';

/** Options of `clair db mirror`. */
export interface MirrorOptions extends ConsoleOptions {
  readonly progress?: Progress;
  /** Another mirror to get the feeds from, instead of the vendors. */
  readonly mirror?: string;
  readonly plugged: Plugged;
}

/**
 * `clair db mirror DIR`: lays every feed of the named publishers, or of all, down in a directory that `--mirror` takes. A second
 * run gets only what changed. Answers 3 when a feed could not be had, what was there of it stays, and when not one is there.
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
  const feeds: MirroredFeed[] = [];
  try {
    for await (const feed of mirrorFeeds(publishers, client)) {
      feeds.push(feed);
      progress.clear();
      if (options.verbose || hasMirrorLine(feed)) writeLines([mirrorLine(feed)]);
    }
  } finally {
    progress.clear();
    await client.finish();
  }
  writeLines(mirrorSummary(feeds));
  return isNoneThere(feeds) || feeds.some(({ outcome }) => outcome instanceof ClairError) ? 3 : 0;
}
