import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CatalogueShard } from '../../advisory-db/documents.ts';
import { readShard } from '../../advisory-db/fetch-shard.ts';
import type { Publication } from '../../advisory-db/publication.ts';
import { isCached } from '../../advisory-db/shard-cache.ts';
import type { Trust } from '../../advisory-db/trust-policy.ts';
import { ClairError } from '../../core/errors.ts';
import { compareText } from '../../model/order.ts';
import { pluralize } from '../../report/report-text.ts';
import { verifyShard } from '../../store/shards/open-shard.ts';
import { alignColumns } from '../align-columns.ts';
import { type DatabaseOptions, openCommandContext } from '../command-context.ts';
import { cacheDirectory } from '../environment.ts';
import type { PublishedOptions } from '../open-places.ts';
import { writeLines } from '../output.ts';
import { terminalProgress } from '../progress.ts';
import { openPublishedAdvisories, type PublishedAdvisories, shardFile } from '../published-advisories.ts';
import { selectByName } from '../select-by-name.ts';

/**
 * Runs `clair db fetch`: fetches the advisories of namespaces, or of all, into the cache, for scans without the published database. Returns
 * 3 if a namespace could not be fetched.
 */
export async function fetchPublished(names: readonly string[], options: DatabaseOptions): Promise<number> {
  await using context = await openCommandContext({ ...options, offline: true, asksPlaces: true });
  const { published } = context;
  if (published === undefined) throw new ClairError('usage', 'name a published database with --from');
  const all = new Map(
    (await openAll(published)).flatMap(({ catalogue }) => Object.entries(catalogue.shards)),
  );
  const namespaces = namespacesOf(Object.fromEntries(all), names);
  await published.load(namespaces.map(({ name, shard }) => ({ name, versionScheme: shard.scheme })));
  await published.loadLists();
  context.progress.clear();
  const failed = namespaces.filter(({ name }) => published.lookup(name)?.failures.length !== 0);
  writeLines([
    `${pluralize(namespaces.length - failed.length, 'namespace is', 'namespaces are')} in the cache ${cacheDirectory()}`,
    ...failed.map(({ name }) => `${name} could not be fetched`),
  ]);
  return failed.length === 0 ? 0 : 3;
}

/** Returns the published databases of all places. Throws the failure of a place that the cache knows nothing of. */
async function openAll({ places }: PublishedAdvisories): Promise<readonly Publication[]> {
  return (await places.open()).map((publication) => {
    if (publication instanceof ClairError) throw publication;
    return publication;
  });
}

/** Runs `clair db verify`: checks every file of a published database. Returns 3 if one is damaged. */
export async function verifyPublished(named: string, options: PublishedOptions): Promise<number> {
  const progress = terminalProgress(options);
  const published = await openPublishedAdvisories({
    ...options,
    from: [named],
    progress,
  });
  const [publication] = await openAll(published);
  if (publication === undefined)
    throw new ClairError('usage', 'the vendors publish no database: name a place');
  // An accepted version in the cache is not the one to verify.
  if (publication.failure !== undefined) throw publication.failure;
  const scratch = mkdtempSync(join(tmpdir(), 'clair-verify-'));
  const problems: string[] = [];
  const namespaces = namespacesOf(publication.catalogue.shards, []);
  try {
    for (const [n, namespace] of namespaces.entries()) {
      progress.show({ name: `verifying ${namespace.name}`, position: { n: n + 1, of: namespaces.length } });
      const problem = await problemOf(namespace, publication, join(scratch, 'shard.db'));
      if (problem !== undefined) problems.push(problem);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  progress.clear();
  const sound = namespaces.length - problems.length;
  writeLines([
    ...problems,
    `${sound} of ${namespaces.length} namespaces are sound, ${trustTexts[publication.trust]}`,
    publication.digest,
  ]);
  return problems.length === 0 ? 0 : 3;
}

const trustTexts: Readonly<Record<Trust, string>> = {
  pinned: 'with the digest that was named',
  signed: 'signed below the root that was named',
  expired: 'signed below the root that was named, and the signatures have expired',
  unsigned: 'not signed',
  unverified: 'signed, and not verified: name the root of the publisher with --root',
};

async function problemOf(
  { name, shard }: NamedShard,
  { place, catalogue, trust }: Pick<Publication, 'place' | 'catalogue' | 'trust'>,
  path: string,
): Promise<string | undefined> {
  try {
    writeFileSync(path, await readShard(place, shard));
    verifyShard(shardFile(name, { ...catalogue, shard, path, trust }));
    return undefined;
  } catch (error) {
    if (error instanceof ClairError) return `${name}: ${error.message}`;
    throw error;
  }
}

/** Renders the namespaces of published databases, their age, and whether the cache has them. */
export async function publishedLines(options: PublishedOptions): Promise<string[]> {
  const published = await openPublishedAdvisories(options);
  const opened = await published.places.open();
  return opened.flatMap((publication) =>
    publication instanceof ClairError ? ['', publication.message] : ['', ...linesOf(publication)],
  );
}

function linesOf({ catalogue, digest, place, failure }: Publication): string[] {
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
    `published ${place.name}, version ${catalogue.version} of ${catalogue.built.slice(0, 16).replace('T', ' ')}Z`,
    `digest    ${digest}`,
    ...(failure === undefined ? [] : [`not asked ${failure.message}`]),
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
