import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CatalogueShard } from '../../advisory-db/documents.ts';
import { openDatabase, type PublishedDatabase } from '../../advisory-db/layout.ts';
import { isCached, readShard } from '../../advisory-db/shard-cache.ts';
import { ClairError } from '../../core/errors.ts';
import { compareText } from '../../model/order.ts';
import { verifyShard } from '../../store/shards/open-shard.ts';
import { shardFile } from '../advisory-place.ts';
import { alignColumns } from '../align-columns.ts';
import { type DatabaseOptions, openCommandContext } from '../command-context.ts';
import { cacheDirectory } from '../environment.ts';
import { writeLines } from '../output.ts';
import { type ConsoleOptions, terminalProgress } from '../progress.ts';
import { selectByName } from '../select-by-name.ts';

/** Options of the commands about a published database. */
export interface PublishedOptions extends DatabaseOptions {
  readonly from: string;
}

/** Runs `clair db fetch`: unpacks the advisories of namespaces, or of all, into the cache, for scans without the published database. */
export async function fetchPublished(names: readonly string[], options: PublishedOptions): Promise<number> {
  await using context = await openCommandContext({ ...options, offline: true });
  const { catalogue } = openDatabase(options.from);
  const namespaces = namespacesOf(catalogue.shards, names);
  await context.place?.load(
    namespaces.map(({ name, shard }) => ({ name, versionScheme: shard.scheme })),
    context,
  );
  context.progress.clear();
  writeLines([`${namespaces.length} namespaces are in the cache ${cacheDirectory()}`]);
  return 0;
}

/** Runs `clair db verify`: checks every file of a published database. Returns 3 if one is damaged. */
export async function verifyPublished(place: string, options: ConsoleOptions): Promise<number> {
  const database = openDatabase(place);
  const progress = terminalProgress(options);
  const scratch = mkdtempSync(join(tmpdir(), 'clair-verify-'));
  const problems: string[] = [];
  const namespaces = namespacesOf(database.catalogue.shards, []);
  try {
    for (const [n, { name, shard }] of namespaces.entries()) {
      progress.show({ name: `verifying ${name}`, position: { n: n + 1, of: namespaces.length } });
      const problem = problemOf({ name, shard }, database, join(scratch, 'shard.db'));
      if (problem !== undefined) problems.push(problem);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  progress.clear();
  const sound = namespaces.length - problems.length;
  writeLines([...problems, `${sound} of ${namespaces.length} namespaces are sound`, database.digest]);
  return problems.length === 0 ? 0 : 3;
}

function problemOf(
  { name, shard }: NamedShard,
  { directory, catalogue }: PublishedDatabase,
  path: string,
): string | undefined {
  try {
    writeFileSync(path, readShard(directory, shard));
    verifyShard({ ...shardFile(name, shard, catalogue), path });
    return undefined;
  } catch (error) {
    if (error instanceof ClairError) return `${name}: ${error.message}`;
    throw error;
  }
}

/** Renders the namespaces of a published database, their age, and whether the cache has them. */
export function publishedLines(place: string): string[] {
  const { catalogue, digest, directory } = openDatabase(place);
  const heading = ['NAMESPACE', 'RECORDS', 'SIZE', 'CONTENT OF', 'CHECKED', 'IN CACHE'];
  const rows = namespacesOf(catalogue.shards, []).map(({ name, shard }) => [
    name,
    String(shard.records),
    `${(shard.blob.size / 1e6).toFixed(2)} MB`,
    latest(shard.feeds.map(({ contentDate }) => contentDate))?.slice(0, 10) ?? '-',
    earliest(shard.feeds.map(({ checkedAt }) => checkedAt))?.slice(0, 10) ?? '-',
    isCached(cacheDirectory(), shard) ? 'yes' : 'no',
  ]);
  return [
    `published ${directory}, version ${catalogue.version} of ${catalogue.built.slice(0, 16).replace('T', ' ')}Z`,
    `digest    ${digest}`,
    '',
    ...alignColumns([heading, ...rows]),
  ];
}

interface NamedShard {
  readonly name: string;
  readonly shard: CatalogueShard;
}

/** Returns the shards with these names, or all, by name. Throws `usage` for an unknown name. */
function namespacesOf(
  shards: Readonly<Record<string, CatalogueShard>>,
  names: readonly string[],
): readonly NamedShard[] {
  const all = Object.entries(shards)
    .map(([name, shard]) => ({ name, shard }))
    .sort((a, b) => compareText(a.name, b.name));
  return selectByName(
    names,
    all,
    (unknown, known) => new ClairError('usage', `nothing is published for ${unknown}; there are ${known}`),
  );
}

function latest(dates: readonly (string | null)[]): string | undefined {
  return dates
    .filter((date) => date !== null)
    .sort(compareText)
    .at(-1);
}

function earliest(dates: readonly string[]): string | undefined {
  return dates.toSorted(compareText)[0];
}
