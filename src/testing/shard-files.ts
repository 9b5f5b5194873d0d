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
import { isClearedShard, type ShardFile } from '../store/shard.ts';
import { readShardRows, readSplitRows } from '../store/shards/shard-rows.ts';
import { writeShard } from '../store/shards/write-shard.ts';
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
    const { namespace, states, list, isSplit } = content;
    const shards = isSplit
      ? await readSplitRows(content, { wasSplit: false })
      : [await readShardRows(content)];
    for (const rows of shards) {
      const { name } = rows.namespace;
      const path = join(directory, `${name.replaceAll(/\W/g, '-')}.db`);
      usedBlocks.add(writeShard(rows, { path, usedBlocks }).block);
      const none = { states: [], ratingStates: [] };
      const ofFile = list === undefined ? { states, ratingStates } : { ...none, ratingStates: states };
      const known = isClearedShard(name) ? none : ofFile;
      files.push({ path, name, namespace, ...known, hasCurrentKeys: true });
    }
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
