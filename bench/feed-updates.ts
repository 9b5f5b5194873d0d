/**
 * Measures updates of all feeds of a mirror: into an empty database, with other bytes but the same records, and with one record in a
 * hundred changed. Then the same for an archive of Red Hat's VEX documents, the real ones of the corpus repeated to about 100 MB. Then first
 * loads of it with and without parser threads, in turns. All runs are in this process. Run: npm run bench -- feeds --mirror DIR
 */
import { parseArgs } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import { tuneForFeeds } from '../src/cli/v8-flags.ts';
import { builtIn } from '../src/extensions.ts';
import { ParserPool } from '../src/parser-pool/parser-pool.ts';
import type { AdvisorySource, FeedDocument, FeedRecord, FetchedFeed } from '../src/plugin/advisory-source.ts';
import { updateFeeds } from '../src/service/feeds/update-feeds.ts';
import { mirrorClient } from '../src/source/client/mirror.ts';
import type { FeedChangeCounts } from '../src/store/feed-state.ts';
import { corpusFiles } from '../src/testing/corpus-archive.ts';
import { inChunks } from '../src/testing/streams.ts';
import { tar } from '../src/testing/tar-writer.ts';
import { type BenchStore, openBenchStore } from './bench-store.ts';
import { type Target, targetTable } from './target.ts';

const { values } = parseArgs({ options: { mirror: { type: 'string' } } });
if (values.mirror === undefined) throw new Error('--mirror DIR is required: see docs/air-gapped.md');
const client = mirrorClient(values.mirror);
/** Sources that fetch every file completely, as if it had changed. */
const sources = builtIn.sources.map(
  (source): AdvisorySource => ({ ...source, fetch: (feed, feedClient) => source.fetch(feed, feedClient) }),
);
const changedEvery = 100;

function withAlias(record: FeedRecord): FeedRecord {
  return record.kind === 'vulnerability' ? { ...record, aliases: [...record.aliases, 'REVISED-1'] } : record;
}

/** Returns a source in which one document or record in a hundred has another alias. */
function revised(source: AdvisorySource): AdvisorySource {
  let number = 0;
  const isRevised = (): boolean => number++ % changedEvery === 0;
  async function* documents(all: AsyncIterable<FeedDocument>): AsyncGenerator<FeedDocument> {
    for await (const document of all) {
      const { context, read } = document;
      yield isRevised()
        ? { ...document, context: `${context} revised`, read: () => Array.from(read(), withAlias) }
        : document;
    }
  }
  return {
    ...source,
    documents: (feed, content, onDate) => {
      const all = source.documents?.(feed, content, onDate);
      return all === undefined ? undefined : documents(all);
    },
    async *parse(feed, content, onDate) {
      for await (const record of source.parse(feed, content, onDate))
        yield isRevised() ? withAlias(record) : record;
    },
  };
}

/** Updates the feeds of sources once; returns CPU milliseconds. Prints a row of the table. */
async function measured(
  what: string,
  updated: readonly AdvisorySource[],
  database: BenchStore,
): Promise<number> {
  const { cpuMs, counts } = await updateOnce(updated, database);
  const sum = (name: keyof FeedChangeCounts): number => counts.reduce((total, one) => total + one[name], 0);
  const parts = (['added', 'changed', 'unchanged', 'skipped'] as const).map((name) => `${sum(name)} ${name}`);
  process.stdout.write(`| ${what} | ${counts.length} | ${cpuMs.toFixed(0)} | ${parts.join(', ')} |\n`);
  return cpuMs;
}

/** Costs of an update, and its counts by feed. */
interface Update {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly counts: readonly FeedChangeCounts[];
}

/** Updates the feeds of sources once. */
async function updateOnce(
  updated: readonly AdvisorySource[],
  database: BenchStore,
  parsers?: ParserPool,
): Promise<Update> {
  const start = database.cpuMs();
  const began = performance.now();
  const feeds = updated.flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
  const outcomes = await updateFeeds(feeds, {
    store: database.store,
    client,
    schemes: builtIn.schemes,
    origin: 'mirror',
    programVersion: 'bench',
    maxAgeMs: 0,
    owner: 'bench',
    lockWaitMs: 0,
    acceptOlder: true,
    now: () => new Date(),
    sleep: () => Promise.resolve(),
    onProgress: () => undefined,
    parsers,
  });
  const counts = outcomes.flatMap((one) => (one.outcome === 'updated' ? [one.difference] : []));
  return { cpuMs: database.cpuMs() - start, wallMs: performance.now() - began, counts };
}

/** Loads a source into an empty database, with this number of parser threads. */
async function firstLoad(source: AdvisorySource, threads: number): Promise<Update> {
  await using database = await openBenchStore('sqlite');
  await using parsers = new ParserPool(new URL('../dist/bin/parser-worker.js', import.meta.url), threads);
  return await updateOnce([source], database, threads === 0 ? undefined : parsers);
}

/** Prints the least wall time and CPU time of several first loads, with and without parser threads in turns. */
async function compareThreads(source: AdvisorySource): Promise<void> {
  const costs = new Map<number, Update[]>([0, 1].map((threads) => [threads, []]));
  for (let round = 0; round < 5; round++)
    for (const [threads, updates] of costs) updates.push(await firstLoad(source, threads));
  process.stdout.write('\n| VEX, first load | least wall ms | least CPU ms |\n|---|---:|---:|\n');
  for (const [threads, updates] of costs) {
    const least = (name: 'wallMs' | 'cpuMs'): string =>
      Math.min(...updates.map((one) => one[name])).toFixed(0);
    process.stdout.write(`| ${threads} parser threads | ${least('wallMs')} | ${least('cpuMs')} |\n`);
  }
}

/** Returns Red Hat's source with an archive of the VEX documents of the corpus, each under several CVEs. */
function repeatedVex(): { readonly source: AdvisorySource; readonly megabytes: number } {
  const rhel = builtIn.sources.find(({ name }) => name === 'rhel');
  if (rhel === undefined) throw new Error('there is no source rhel');
  const documents = [...corpusFiles('feeds/csaf/redhat-vex-csaf.tar.zst', '.json')]
    .map(({ bytes }) => bytes.toString())
    .filter((text) => text.slice(0, 3000).includes('csaf_vex'));
  const archive = tar(
    Array.from({ length: 8 }, (_, year) =>
      documents.map((content, number) => ({
        path: `201${year}/cve-201${year}-${1000 + number}.json`,
        content,
      })),
    ).flat(),
  );
  const stored = zstdCompressSync(archive);
  let fetches = 0;
  const fetch = async (): Promise<FetchedFeed> => ({
    url: 'https://made.test/vex.tar.zst',
    body: inChunks(stored),
    fingerprint: String(++fetches),
  });
  return { source: { ...rhel, fetch }, megabytes: archive.length / 1e6 };
}

tuneForFeeds();
process.stdout.write('| | feeds | CPU ms | records |\n|---|---:|---:|---|\n');
const targets: Target[] = [];
{
  await using database = await openBenchStore('sqlite');
  await measured('all feeds, empty database', sources, database);
  await measured('all feeds, other bytes', sources, database);
  const changed = await measured('all feeds, 1 % changed', sources.map(revised), database);
  targets.push({
    name: 'S7',
    what: 'all feeds, 1 % changed, CPU',
    limit: 4,
    unit: 's',
    measured: changed / 1000,
  });
}
{
  await using database = await openBenchStore('sqlite');
  const { source, megabytes } = repeatedVex();
  const first = await measured(`${megabytes.toFixed(0)} MB of VEX, empty database`, [source], database);
  const again = await measured('the same documents', [source], database);
  await compareThreads(source);
  const perSecond = (ms: number): number => megabytes / (ms / 1000);
  const least = { isLeast: true, unit: 'MB' } as const;
  targets.push(
    {
      name: 'S10',
      what: 'VEX, first load, per second of CPU',
      limit: 60,
      ...least,
      measured: perSecond(first),
    },
    {
      name: 'S10',
      what: 'VEX, unchanged documents, per second of CPU',
      limit: 300,
      ...least,
      measured: perSecond(again),
    },
  );
}
process.stdout.write(`\n${targetTable(targets)}`);
