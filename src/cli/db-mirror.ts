import { builtIn } from '../extensions.ts';
import { ClairError } from '../kit/errors.ts';
import { type MirroredFeed, mirrorFeeds, type Publisher } from '../service/mirror-feeds.ts';
import { writeResult } from './output.ts';
import { terminalProgress } from './progress.ts';
import { feedClient, originOf } from './room.ts';

/** Options of `clair db mirror`. */
export interface MirrorOptions {
  /** Another mirror to get the feeds from, instead of the vendors. */
  readonly mirror?: string;
}

/**
 * `clair db mirror DIR`: lays every feed of the named publishers, or of all, down in a directory that `--mirror` takes. A second
 * run gets only what changed. Answers 3 when a feed could not be had; what was there of it stays.
 */
export async function mirrorDatabase(
  directory: string,
  names: readonly string[],
  { mirror }: MirrorOptions,
): Promise<number> {
  const publishers = publishersOf(names);
  const progress = terminalProgress();
  const { savingClient } = await import('../source/client/saving.ts');
  const client = await savingClient(directory, {
    name: originOf(mirror),
    client: feedClient(mirror, (text) => {
      progress.show(text);
    }),
  });
  let failed = 0;
  try {
    for await (const feed of mirrorFeeds(publishers, client)) {
      progress.clear();
      const { written, unchanged } = client.takeCounts();
      if (feed.outcome instanceof ClairError) failed++;
      writeResult([`${lineOf(feed, written, unchanged)}\n`], undefined);
    }
  } finally {
    progress.clear();
    await client.finish();
  }
  return failed > 0 ? 3 : 0;
}

function publishersOf(names: readonly string[]): Publisher[] {
  const all: readonly Publisher[] = [...builtIn.sources, ...builtIn.enrichers];
  const unknown = names.find((name) => !all.some((publisher) => publisher.name === name));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(', ');
    throw new ClairError('usage', `there is no source ${unknown}; there are ${known}`);
  }
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}

function lineOf({ source, feed, outcome }: MirroredFeed, written: number, unchanged: number): string {
  const name = `${source} ${feed}`.padEnd(26);
  if (outcome instanceof ClairError) return `${name} failed: ${outcome.message}`;
  if (outcome === 'absent') return `${name} does not exist there`;
  if (outcome === 'superseded') return `${name} is not needed: the source it stands in for is there`;
  return `${name} mirrored: ${written} ${written === 1 ? 'file' : 'files'} new, ${unchanged} as before`;
}
