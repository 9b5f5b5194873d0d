import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AdvisorySource } from '../plugin/advisory-source.ts';
import type { Enricher } from '../plugin/enricher.ts';
import {
  publishableLists,
  publishableNamespaces,
  publishableRatings,
} from '../service/feeds/publishable-content.ts';
import type { ShardFile } from '../store/shard.ts';
import { readShardRows, writeShard } from '../store/shards/write-shard.ts';
import type { Store } from '../store/store.ts';

/** Options of `shardFiles`. */
export interface ShardFileOptions {
  /** Feeds of sources by the names of the sources. */
  readonly sources?: Readonly<Record<string, readonly string[]>>;
  readonly enrichers?: readonly string[];
}

/** Writes a shard for each namespace of a store, into a directory that is removed after the test. */
export async function shardFiles(
  context: TestContext,
  store: Store,
  { sources = { debian: ['tracker'] }, enrichers = [] }: ShardFileOptions = {},
): Promise<ShardFile[]> {
  const directory = temporaryDirectory(context);
  const extensions = {
    sources: Object.entries(sources).map(
      ([name, feeds]) => ({ name, feeds, feedsFor: () => feeds }) as unknown as AdvisorySource,
    ),
    enrichers: enrichers.map(
      (name) =>
        ({ name, ...(!['nvd', 'cve'].includes(name) && { isPartOfScan: true }) }) as unknown as Enricher,
    ),
  };
  const usedBlocks = new Set<number>();
  const ratingStates = await publishableRatings({ store, extensions });
  const files: ShardFile[] = [];
  const contents = [
    ...(await publishableNamespaces({ store, extensions })),
    ...(await publishableLists({ store, extensions })),
  ];
  for (const content of contents) {
    const path = join(directory, `${content.namespace.name.replace(':', '-')}.db`);
    usedBlocks.add(writeShard(await readShardRows(content), { path, usedBlocks }).block);
    const { namespace, states, list } = content;
    const ofFile = list === undefined ? { states, ratingStates } : { states: [], ratingStates: states };
    files.push({ path, namespace, ...ofFile, hasCurrentKeys: true });
  }
  return files;
}

/** Creates a directory that is removed after the test. */
export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'clair-shards-'));
  context.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
