import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoryPlace } from '../../advisory-db/directory-place.ts';
import type { BlobReference, CatalogueFeed, CatalogueShard } from '../../advisory-db/documents.ts';
import { readSoundShard } from '../../advisory-db/fetch-shard.ts';
import { isSound } from '../../advisory-db/layout.ts';
import { LayoutWriter } from '../../advisory-db/layout-writer.ts';
import { type AcceptedChanges, refusalReason } from '../../advisory-db/publication-guard.ts';
import type { PublishedVersion } from '../../advisory-db/published-versions.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { Disposal } from '../../kit/disposal.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { Digest } from '../../model/digest.ts';
import { type FeedLockDeps, lockFeed } from '../../service/feeds/feed-lock.ts';
import type { PublishableNamespace } from '../../service/feeds/publishable-content.ts';
import { clearedShardOf } from '../../store/shard.ts';
import { readShardRows, readSplitRows, type ShardRows } from '../../store/shards/shard-rows.ts';
import { writeShard } from '../../store/shards/write-shard.ts';
import { toCatalogueFeed } from './catalogue-feeds.ts';

/** Where and how a namespace is published. */
export interface PublishOptions extends AcceptedChanges {
  readonly directory: string;
  /** A directory for files that are deleted afterwards. */
  readonly scratch: string;
  /** Earlier versions of the published database, the latest first. */
  readonly versions: readonly PublishedVersion[];
  /** Blocks of numbers of the other shards. */
  readonly usedBlocks: ReadonlySet<number>;
  readonly feedLocks: FeedLockDeps;
}

/** A namespace after an attempt to publish it. */
export interface PublishedNamespace {
  readonly name: string;
  /** `repaired`: its content is as before, and its file was damaged. */
  readonly outcome: 'new' | 'changed' | 'unchanged' | 'repaired' | 'refused';
  /** Absent if it was refused and never published before. */
  readonly shard?: CatalogueShard;
  /** Why it was refused. */
  readonly reason?: string;
}

/**
 * Publishes the shards of one namespace, usually one. A shard stays as it is if its content is as before, or looks wrong. Equal content keeps
 * its file, unless that is damaged.
 */
export async function publishNamespace(
  content: PublishableNamespace,
  options: PublishOptions,
): Promise<readonly PublishedNamespace[]> {
  const usedBlocks = new Set(options.usedBlocks);
  const feeds = content.states.map(toCatalogueFeed);
  const results: PublishedNamespace[] = [];
  for (const rows of await readLocked(content, options)) {
    const result = await publishShard(rows, feeds, { ...options, usedBlocks });
    if (result.shard !== undefined) usedBlocks.add(result.shard.block);
    results.push(result);
  }
  return allOrNone(results, options);
}

/** Keeps all published shards of a namespace if one is refused: a statement that moved between them would be in both, or in neither. */
function allOrNone(
  results: readonly PublishedNamespace[],
  { versions }: PublishOptions,
): readonly PublishedNamespace[] {
  const refused = results.find(({ outcome }) => outcome === 'refused');
  if (refused === undefined) return results;
  return results.map((result) =>
    result.outcome === 'refused'
      ? result
      : {
          name: result.name,
          outcome: 'refused',
          reason: `${refused.name} was not published`,
          ...shardOf(versions[0]?.shards[result.name]),
        },
  );
}

async function publishShard(
  rows: ShardRows,
  feeds: readonly CatalogueFeed[],
  options: PublishOptions,
): Promise<PublishedNamespace> {
  const { name } = rows.namespace;
  const before = options.versions[0]?.shards[name];
  if (countOf(rows) === 0)
    return { name, outcome: 'refused', reason: 'it has no records', ...shardOf(before) };
  const isUnchanged = before?.content === rows.contentHash;
  if (isUnchanged && isSound(options.directory, before.blob))
    return { name, outcome: 'unchanged', shard: { ...withSoundPatches(before, options), feeds: [...feeds] } };
  if (before !== undefined && !isUnchanged) {
    const ids = new Set([...rows.records, ...rows.ratings].map(({ id }) => id));
    const now = { records: countOf(rows), feeds, has: (id: string) => ids.has(id) };
    const reason = refusalReason(before, now, options);
    if (reason !== undefined) return { name, outcome: 'refused', reason, shard: before };
  }
  const shard = { ...(await writeNamespace(rows, options)), feeds: [...feeds] };
  if (isUnchanged) return { name, outcome: 'repaired', shard };
  return { name, outcome: before === undefined ? 'new' : 'changed', shard };
}

/** Leaves out patches that are damaged: readers fetch the whole file instead. */
function withSoundPatches(shard: CatalogueShard, { directory }: PublishOptions): CatalogueShard {
  const sound = Object.entries(shard.patches).filter(([, patch]) => isSound(directory, patch));
  return { ...shard, patches: Object.fromEntries(sound) };
}

/** Returns the number of advisories, or of ratings in a list. */
function countOf({ records, ratings }: ShardRows): number {
  return records.length === 0 ? ratings.length : records.length;
}

function shardOf(shard: CatalogueShard | undefined): Pick<PublishedNamespace, 'shard'> {
  return shard === undefined ? {} : { shard };
}

/** Reads the content while locks keep its feeds from being updated. */
async function readLocked(
  content: PublishableNamespace,
  { feedLocks, versions }: PublishOptions,
): Promise<readonly ShardRows[]> {
  await using locks = new Disposal();
  for (const { source, feed } of content.states) {
    const lock = await lockFeed({ source, feed }, feedLocks);
    if (lock === undefined)
      throw new ClairError(
        'store-unusable',
        `${source} ${feed} is being updated by another process; try again`,
      );
    locks.use(lock);
  }
  if (!content.isSplit) return [await readShardRows(content)];
  const before = versions[0]?.shards ?? {};
  return await readSplitRows(content, {
    wasSplit: Object.hasOwn(before, clearedShardOf(content.namespace.name)),
  });
}

async function writeNamespace(
  rows: ShardRows,
  { directory, scratch, versions, usedBlocks }: PublishOptions,
): Promise<Omit<CatalogueShard, 'feeds'>> {
  const { name, versionScheme: scheme } = rows.namespace;
  const earlier = versions.flatMap(({ shards }) => shards[name] ?? []);
  const path = join(scratch, 'shard.db');
  const beforePath = join(scratch, 'before.db');
  const before = earlier[0] && (await readSoundShard(directoryPlace(directory), earlier[0]));
  if (before !== undefined) writeFileSync(beforePath, before);
  const written = writeShard(rows, {
    path,
    usedBlocks,
    ...(earlier[0] !== undefined && { block: earlier[0].block }),
    ...(before !== undefined && { before: beforePath }),
  });
  const bytes = readFileSync(path);
  rmSync(path);
  if (bytes.length > limits.shardBytes)
    throw new ClairError(
      'limit-exceeded',
      `the advisories of ${name} take ${bytes.length} bytes, and clients read at most ${limits.shardBytes}`,
      { limit: 'shardBytes' },
    );
  const writer = new LayoutWriter(directory);
  const blob = await writer.addCompressed(bytes);
  return {
    scheme,
    digest: digestOf(bytes),
    size: bytes.length,
    blob,
    patches: await patchesTo(bytes, { writer, directory, earlier, blob }),
    content: rows.contentHash as Digest,
    records: countOf(rows),
    ...written,
    canaries: [...written.canaries],
  };
}

interface PatchOptions {
  readonly writer: LayoutWriter;
  readonly directory: string;
  readonly earlier: readonly CatalogueShard[];
  readonly blob: BlobReference;
}

/** Makes a patch from each earlier form of a shard. Leaves out those that are over half of the whole. */
async function patchesTo(
  bytes: Buffer,
  { writer, directory, earlier, blob }: PatchOptions,
): Promise<CatalogueShard['patches']> {
  const forms = [...new Map(earlier.map((shard) => [shard.digest, shard])).values()];
  const patches: CatalogueShard['patches'] = {};
  for (const shard of forms) {
    const from = await readSoundShard(directoryPlace(directory), shard);
    const patch = from && (await writer.addPatch(bytes, from, Math.floor(blob.size / 2)));
    if (patch !== undefined) patches[shard.digest] = patch;
  }
  return patches;
}

function digestOf(bytes: Buffer): Digest {
  return `sha256:${sha256Of(bytes)}` as Digest;
}
