import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Catalogue, CatalogueShard } from '../../advisory-db/documents.ts';
import { findDatabase, type PublishedDatabase } from '../../advisory-db/layout.ts';
import { type CatalogueSigner, LayoutWriter } from '../../advisory-db/layout-writer.ts';
import type { AcceptedChanges } from '../../advisory-db/publication-guard.ts';
import { keptVersions, publishedVersions } from '../../advisory-db/published-versions.ts';
import { ClairError } from '../../core/errors.ts';
import { withFileErrors } from '../../core/system-error.ts';
import { makeDirectory } from '../../kit/make-directory.ts';
import type { Digest } from '../../model/digest.ts';
import {
  absentFeeds,
  publishableLists,
  publishableNamespaces,
  publishableRatings,
} from '../../service/feeds/publishable-content.ts';
import { type FeedState, isSameFeed } from '../../store/feed-state.ts';
import { keyVersions } from '../../version/keyed-scheme.ts';
import { type CommandContext, type DatabaseOptions, openCommandContext } from '../command-context.ts';
import { writeLines } from '../output.ts';
import { tuneForFeeds } from '../v8-flags.ts';
import { warn } from '../warn.ts';
import { toCatalogueFeed } from './catalogue-feeds.ts';
import { type PublishedNamespace, publishNamespace } from './publish-namespace.ts';

/** Options of `clair db build`. */
export interface BuildOptions extends DatabaseOptions, AcceptedChanges {
  /** The directory of the publisher's keys. */
  readonly keys?: string;
  /** A command that signs for keys that are not in the directory. */
  readonly signer?: string;
}

/**
 * Runs `clair db build DIR`: publishes the advisories of the database as files that other commands read with `--from`. Returns 3 if a
 * namespace was refused; its published content stays.
 */
export async function buildDatabase(named: string, options: BuildOptions): Promise<number> {
  await using context = await openCommandContext({ ...options, offline: true });
  tuneForFeeds();
  const directory = resolve(named);
  const before = findSoundDatabase(directory, options);
  const sign = await openSigner(before?.trustDocuments ?? new Map(), { named, ...options });
  const results = await publishNamespaces(directory, before, { ...context, options });
  const shards = { ...before?.catalogue.shards, ...shardsOf(results) };
  if (Object.keys(shards).length === 0)
    throw new ClairError(
      'feed-unavailable',
      'the database has no advisories to publish: run clair db update',
    );
  const catalogue: Catalogue = {
    version: (before?.catalogue.version ?? 0) + 1,
    built: context.store.now().toISOString(),
    before: before?.digest ?? null,
    keys: keyVersions,
    ratings: (await publishableRatings(context)).map(toCatalogueFeed),
    ...absentField(await absentFeeds(context), shards),
    shards,
  };
  const writer = new LayoutWriter(directory);
  const digest = await writer.publish(catalogue, sign);
  writer.removeUnused(blobsInUse(directory), context.store.now());
  context.progress.clear();
  writeLines(linesOf(named, { catalogue, digest, results }));
  return results.some(({ outcome }) => outcome === 'refused') ? 3 : 0;
}

/** Returns the database in a directory. Undefined if the directory has no database, or if its index, manifest or catalogue is damaged. */
function findSoundDatabase(directory: string, options: BuildOptions): PublishedDatabase | undefined {
  try {
    return findDatabase(directory);
  } catch (error) {
    if (!(error instanceof ClairError && error.code === 'feed-corrupt')) throw error;
    warn(`${error.message} All namespaces are published again.`, options);
    return undefined;
  }
}

/** Returns the function that signs a catalogue; undefined without keys. Loads the library for signatures only if it is needed. */
async function openSigner(
  before: PublishedDatabase['trustDocuments'],
  { named, keys, signer, ...console }: BuildOptions & { readonly named: string },
): Promise<CatalogueSigner | undefined> {
  if (keys !== undefined)
    return await (await import('./keys.ts')).openKeys(keys, { before, signer, ...console });
  if (signer !== undefined)
    throw new ClairError('usage', '--signer needs --keys, the directory with the root');
  if (before.size === 0) return undefined;
  throw new ClairError(
    'usage',
    `${named} is signed, and clients would refuse a version without signatures: name its keys with --keys`,
  );
}

async function publishNamespaces(
  directory: string,
  before: PublishedDatabase | undefined,
  context: CommandContext & { readonly options: BuildOptions },
): Promise<readonly PublishedNamespace[]> {
  const versions = before === undefined ? [] : publishedVersions(before, keptVersions);
  const scratch = withFileErrors(
    directory,
    () => {
      makeDirectory(directory);
      return mkdtempSync(join(directory, '.build-'));
    },
    'output-failed',
  );
  try {
    const results: PublishedNamespace[] = [];
    const namespaces = [...(await publishableNamespaces(context)), ...(await publishableLists(context))];
    const usedBlocks = new Set(Object.values(before?.catalogue.shards ?? {}).map(({ block }) => block));
    for (const [n, namespace] of namespaces.entries()) {
      context.progress.show({
        name: `publishing ${namespace.namespace.name}`,
        position: { n: n + 1, of: namespaces.length },
      });
      const published = await publishNamespace(namespace, {
        ...context.options,
        directory,
        scratch,
        versions,
        usedBlocks,
        feedLocks: { ...context.lockDeps, store: context.store },
      });
      for (const { shard } of published) if (shard !== undefined) usedBlocks.add(shard.block);
      results.push(...published);
    }
    return results;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function shardsOf(results: readonly PublishedNamespace[]): Readonly<Record<string, CatalogueShard>> {
  return Object.fromEntries(
    results.flatMap(({ name, shard }) => (shard === undefined ? [] : [[name, shard]])),
  );
}

/** Returns the feeds that do not exist at their origin, without those that shards name. */
function absentField(
  states: readonly FeedState[],
  shards: Readonly<Record<string, CatalogueShard>>,
): Pick<Catalogue, 'absent'> {
  const named = Object.values(shards).flatMap(({ feeds }) => feeds);
  const absent = states.filter((state) => !named.some((one) => isSameFeed(one, state)));
  return absent.length === 0 ? {} : { absent: absent.map(toCatalogueFeed) };
}

/** Returns the blobs of the current database and of those before it that readers may still use. */
function blobsInUse(directory: string): ReadonlySet<Digest> {
  const current = findDatabase(directory);
  const versions = current === undefined ? [] : publishedVersions(current, keptVersions + 1);
  return new Set(versions.flatMap(({ blobs }) => blobs));
}

interface BuildResult {
  readonly catalogue: Catalogue;
  readonly digest: Digest;
  readonly results: readonly PublishedNamespace[];
}

function linesOf(named: string, { catalogue, digest, results }: BuildResult): string[] {
  const count = (outcome: PublishedNamespace['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  const bytes = Object.values(catalogue.shards).reduce((sum, { blob }) => sum + blob.size, 0);
  const published = Object.keys(catalogue.shards).length;
  return [
    ...results.flatMap(({ name, reason, outcome }) => {
      if (reason !== undefined) return [`${name} was not published: ${reason}`];
      return outcome === 'repaired' ? [`${name}: the published file was damaged, and was written again`] : [];
    }),
    `${named}: version ${catalogue.version}, ${published} namespaces (${count('new')} new, ${count('changed')} changed, ${count('unchanged') + count('repaired')} as before, ${count('refused')} refused), ${(bytes / 1e6).toFixed(1)} MB`,
    digest,
  ];
}
