import { setTimeout } from 'node:timers/promises';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { loadDeclaredListers } from '../extensions.ts';
import { Disposal } from '../kit/disposal.ts';
import { scriptUrl } from '../kit/script-url.ts';
import { startLayerWorker } from '../layer-pool/analyze-on-thread.ts';
import { ParserPool } from '../parser-pool/parser-pool.ts';
import type { Extensions } from '../plugin/extensions.ts';
import { writePackages } from '../report/json-formats.ts';
import type { FeedLockDeps } from '../service/feeds/feed-lock.ts';
import type { UpdateFeedsDeps } from '../service/feeds/update-feeds.ts';
import type { DescriptionDeps } from '../service/images/image-description.ts';
import { LayerAnalyzer } from '../service/images/layer-analyzer.ts';
import type { Store } from '../store/store.ts';
import { placesOf } from './built-in-place.ts';
import { type DatabaseUse, defaultDatabase, defaultDatabaseProblem, openStore } from './database.ts';
import type { TimeLimit } from './deadline.ts';
import { ownerName } from './environment.ts';
import { type FeedClientFactory, feedClientFactory, originOf, requireMirror } from './feed-client.ts';
import type { LoadedExtensions } from './load-extensions.ts';
import type { PublishedOptions } from './open-places.ts';
import { programVersion } from './program-version.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from './progress.ts';
import type { PublishedAdvisories } from './published-advisories.ts';
import { collectGarbageEarly, tuneForScans } from './v8-flags.ts';
import { warn } from './warn.ts';

/** Options of every command that uses the database. */
export interface DatabaseOptions extends PublishedOptions {
  /** The progress of the whole command; a new one if absent. */
  readonly progress?: Progress;
  readonly db?: string;
  readonly mirror?: string;
  readonly offline?: boolean;
  /** Whether published databases on the network are asked although no feed is updated. */
  readonly asksPlaces?: boolean;
  /** Names this very program. Absent if it runs from its sources. */
  readonly build?: string | undefined;
  /** The time limit of the command. */
  readonly timeout?: TimeLimit;
  readonly loaded: LoadedExtensions;
}

/** Collaborators of a command. Close it with `await using`. */
export interface CommandContext extends AsyncDisposable {
  readonly extensions: Extensions;
  /** Answers from the database and from the shards that were loaded. */
  readonly store: Store;
  /** The published databases; undefined without any. */
  readonly published: PublishedAdvisories | undefined;
  readonly analyzer: LayerAnalyzer;
  /** Returns extensions and an analyzer that also read lock files and manifests. */
  readonly withDeclared: () => Promise<Pick<CommandContext, 'extensions' | 'analyzer'>>;
  /** How indexed images are described. Absent if the program has no name. */
  readonly descriptions: DescriptionDeps | undefined;
  readonly progress: Progress;
  /** Dependencies of feed locks, which exclude other processes. */
  readonly lockDeps: Omit<FeedLockDeps, 'store'>;
  /** Dependencies of feed updates; undefined with `--offline` or a read-only database. */
  readonly updateDeps: UpdateFeedsDeps | undefined;
  /** Creates clients of the origin that feeds are fetched from. */
  readonly createFeedClient: FeedClientFactory;
}

/** Age from which a scan updates advisories; Clair's default interval. */
const refreshAfterMs: number = 2 * 3_600_000;
/** Maximum wait for another process that fetches the same feed; the largest takes under a minute. */
const lockWaitMs = 120_000;
/** Age from which a report states that advisories are stale. */
export const staleAfterMs: number = 24 * 3_600_000;

/** Opens the database and creates the context of a command. Throws `usage` if the mirror does not exist. */
export async function openCommandContext(
  options: DatabaseOptions,
  use: DatabaseUse = 'read',
): Promise<CommandContext> {
  requireMirror(options.mirror);
  const progress = options.progress ?? terminalProgress(options);
  const published = await openPublished({ ...options, progress });
  let store: Store = await openStore(options.db ?? databaseFor(use, options), use, {
    onMigrationStart: ({ name, schema }) => {
      progress.show(`migrating the tables to schema ${schema}: ${name}`);
    },
  });
  await using disposal = new Disposal();
  disposal.defer(() => store[Symbol.asyncDispose]());
  const lockDeps = createLockDeps(store, progress);
  // The store with published advisories closes the one that it extends.
  store = (await published?.extend(store, lockDeps)) ?? store;
  if (store.isReadOnly && !options.offline)
    warn(
      `the database ${options.db ?? defaultDatabase()} cannot be written: its advisories are used as they are, and nothing is kept`,
      options,
    );
  const { extensions } = options.loaded;
  const createFeedClient = feedClientFactory(options.mirror, progress);
  const parsers = disposal.use(new ParserPool(scriptUrl('../parser-worker', import.meta.url)));
  disposal.defer(() => {
    progress.clear();
  });
  const opened = disposal.move();
  return {
    extensions,
    store,
    published,
    analyzer: createLayerAnalyzer(options),
    withDeclared: async () => {
      const listers = [...extensions.listers, ...(await loadDeclaredListers())];
      const withListers = { ...extensions, listers };
      return { extensions: withListers, analyzer: createLayerAnalyzer(options, withListers, true) };
    },
    descriptions:
      options.build === undefined
        ? undefined
        : { build: options.build, writePackages, charactersMax: limits.describedCharacters },
    progress,
    lockDeps,
    updateDeps:
      options.offline || store.isReadOnly
        ? undefined
        : createUpdateDeps(originOf(options.mirror), {
            extensions,
            store,
            lockDeps,
            createFeedClient,
            parsers,
          }),
    createFeedClient,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Creates the context of a command that assesses images. Without `--from`, it uses the published database that was chosen at build time. */
export async function openAssessmentContext(
  options: DatabaseOptions & { readonly asOf?: string | undefined },
): Promise<CommandContext> {
  return await openCommandContext({ ...options, from: placesOf(options) });
}

async function openPublished(options: DatabaseOptions): Promise<PublishedAdvisories | undefined> {
  const { from = [] } = options;
  if (from.every((place) => place === 'vendors')) return undefined;
  const { openPublishedAdvisories } = await import('./published-advisories.ts');
  return await openPublishedAdvisories(options);
}

/**
 * Returns the default database. Without a usable cache directory it returns a database in memory for `read`, and throws `store-unusable`
 * for `write`.
 */
function databaseFor(use: DatabaseUse, options: ConsoleOptions): string {
  const problem = defaultDatabaseProblem();
  if (problem === undefined) return defaultDatabase();
  const remedy = 'name a database with --db, or a directory with XDG_CACHE_HOME';
  if (use === 'write') throw new ClairError('store-unusable', `${problem}; ${remedy}`);
  warn(`${problem}; the database is in memory, and nothing is kept: ${remedy}`, options);
  return ':memory:';
}

/**
 * Analyzes layers on this thread and, for large images, on a second one. With a time limit all layers on disk are read on the second
 * thread, because reading them here would block the timer.
 */
function createLayerAnalyzer(
  { loaded: { extensions: loaded, analyzers }, timeout }: DatabaseOptions,
  extensions: Extensions = loaded,
  includesDeclared: boolean = false,
): LayerAnalyzer {
  const script = scriptUrl('../layer-worker', import.meta.url);
  return new LayerAnalyzer({
    analyzers: { ...extensions, onManyBytes: tuneForScans, onManyListed: collectGarbageEarly },
    startWorker: () => {
      // Two threads produce garbage at the same time.
      collectGarbageEarly();
      return startLayerWorker(script, analyzers, includesDeclared);
    },
    startInflateWorker: async () => {
      const { InflateThread } = await import('../layer-pool/inflate-thread.ts');
      return new InflateThread(scriptUrl('../inflate-worker', import.meta.url));
    },
    isThreadKeptFree: timeout !== undefined,
  });
}

function createLockDeps({ now }: Store, progress: Progress): CommandContext['lockDeps'] {
  return {
    now,
    owner: ownerName(),
    lockWaitMs: lockWaitMs,
    sleep: (ms) => setTimeout(ms),
    onProgress: (name, position) => {
      progress.show({ name, ...(position && { position }) });
    },
  };
}

function createUpdateDeps(
  origin: string,
  {
    extensions,
    store,
    lockDeps,
    createFeedClient,
    parsers,
  }: Pick<CommandContext, 'extensions' | 'store' | 'lockDeps' | 'createFeedClient'> &
    Pick<UpdateFeedsDeps, 'parsers'>,
): UpdateFeedsDeps {
  return {
    ...lockDeps,
    store,
    schemes: extensions.schemes,
    client: createFeedClient(),
    origin,
    maxAgeMs: refreshAfterMs,
    programVersion,
    parsers,
  };
}
