import { join } from 'node:path';
import { builtIn } from '../../../src/extensions.ts';
import { updateFeeds } from '../../../src/service/feeds/update-feeds.ts';
import { mirrorClient } from '../../../src/source/client/mirror.ts';
import { recordings } from '../../../src/testing/recordings.ts';
import type { SharedEngine } from '../../../src/testing/store-engines.ts';

/** The feeds that `loadFeeds` loads. */
export interface LoadedFeeds {
  /** A directory laid out as a mirror; by default the first feeds of the recordings of Clair v4. */
  readonly directory?: string;
  /** Names of the sources; by default all. */
  readonly sources?: readonly string[];
}

/** Loads feeds of a mirror into a database. */
export async function loadFeeds(
  engine: Pick<SharedEngine, 'open'>,
  place: string,
  { directory = join(recordings, 'feeds-v4'), sources: names }: LoadedFeeds = {},
): Promise<void> {
  await using store = await engine.open(place, {});
  const { sources, enrichers, schemes } = builtIn;
  const chosen = [...sources, ...enrichers].filter(({ name }) => names?.includes(name) ?? true);
  const feeds = chosen.flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
  await updateFeeds(feeds, {
    store,
    schemes,
    origin: 'upstream',
    maxAgeMs: 0,
    now: store.now,
    owner: 'test',
    lockWaitMs: 0,
    sleep: () => Promise.resolve(),
    onProgress: () => undefined,
    client: mirrorClient(directory),
  });
}
