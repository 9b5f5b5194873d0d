import { ClairError } from '../../core/errors.ts';
import { type MirroredFeed, mirrorFeeds, type Publisher } from '../../service/feeds/mirror-feeds.ts';
import { feedClient, originOf } from '../feed-client.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import { writeLines } from '../output.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from '../progress.ts';
import { selectSources } from './feed-text.ts';
import { areAllMirroredAbsent, hasMirrorLine, mirrorLine, mirrorSummary } from './mirror-lines.ts';

/** Options of `clair db mirror`. */
export interface MirrorOptions extends ConsoleOptions {
  readonly progress?: Progress;
  /** Mirror to fetch the feeds from, instead of the vendors. */
  readonly mirror?: string;
  readonly loaded: LoadedExtensions;
}

/**
 * Runs `clair db mirror DIR`: writes the feeds of the named publishers, or of all, to a directory for `--mirror`. A second run fetches
 * only changed files. Returns 3 if a feed failed, whose old files are kept, or if no feed exists.
 */
export async function mirrorDatabase(
  directory: string,
  names: readonly string[],
  { mirror, loaded: { extensions }, ...options }: MirrorOptions,
): Promise<number> {
  // What is made of stored lists has no files.
  const fetched = extensions.sources.filter(({ madeOf }) => madeOf === undefined);
  const publishers = selectSources<Publisher>(names, [...fetched, ...extensions.enrichers]);
  const progress = options.progress ?? terminalProgress(options);
  const { openMirrorWriter } = await import('../../source/client/mirror-writer.ts');
  const client = await openMirrorWriter(directory, {
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
  return areAllMirroredAbsent(feeds) || feeds.some(({ outcome }) => outcome instanceof ClairError) ? 3 : 0;
}
