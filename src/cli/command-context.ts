import { setTimeout } from 'node:timers/promises';
import { ClairError } from '../core/errors.ts';
import { scriptUrl } from '../kit/script-url.ts';
import { analyzeOnThread, workerAnalyzer } from '../layer-pool/analyze-on-thread.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { FeedLockDeps } from '../service/feeds/feed-lock.ts';
import type { UpdateFeedsDeps } from '../service/feeds/update-feeds.ts';
import {
  type AnalyzeLayers,
  type AnalyzeStreamedLayers,
  analyzeLayers,
} from '../service/images/analyze-layers.ts';
import { analyzeOnTwoThreads } from '../service/images/parallel-analysis.ts';
import { analyzeInProcess, analyzeStreamedOnTwoThreads } from '../service/images/parallel-streams.ts';
import type { Store } from '../store/store.ts';
import { type DatabaseUse, defaultDatabase, defaultDatabaseProblem, openStore } from './database.ts';
import type { TimeLimit } from './deadline.ts';
import { type FeedClientFactory, feedClientFactory, originOf, requireMirror } from './feed-client.ts';
import { preferSmallHeap } from './gc-tuning.ts';
import type { LoadedExtensions } from './load-extensions.ts';
import { ownerName } from './owner-name.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from './progress.ts';
import { warn } from './warn.ts';

/** Options of every command that uses the database. */
export interface DatabaseOptions extends ConsoleOptions {
  /** The progress of the whole command; one of its own where absent. */
  readonly progress?: Progress;
  readonly db?: string;
  readonly mirror?: string;
  readonly offline?: boolean;
  /** The command is ended after some time. */
  readonly timeout?: TimeLimit;
  readonly loaded: LoadedExtensions;
}

/** Everything a command works with; closed with `await using`. */
export interface CommandContext extends AsyncDisposable {
  readonly extensions: Extensions;
  readonly store: Store;
  readonly analyze: AnalyzeLayers;
  readonly analyzeStreamed: AnalyzeStreamedLayers;
  readonly progress: Progress;
  /** How one works on feeds beside other processes. */
  readonly lockDeps: Omit<FeedLockDeps, 'store'>;
  /** How feeds are brought up to date; undefined when the user said `--offline`. */
  readonly updateDeps: UpdateFeedsDeps | undefined;
  /** Makes clients that fetch from where feeds are fetched. */
  readonly createFeedClient: FeedClientFactory;
}

/** How long advisories are used without asking for newer ones; Clair's default interval. */
const refreshAfterMs: number = 2 * 3_600_000;
/** How long to wait for another process that fetches the same feed; the largest takes under a minute. */
const lockWaitMs = 120_000;
/** How old advisories may be before a report says so. */
export const staleAfterMs: number = 24 * 3_600_000;

/** Opens the database and puts together what a command needs. Throws `usage` for a mirror that is not there. */
export async function openCommandContext(
  options: DatabaseOptions,
  use: DatabaseUse = 'read',
): Promise<CommandContext> {
  requireMirror(options.mirror);
  const store = await openStore(options.db ?? databaseFor(use, options), use);
  if (store.isReadOnly && !options.offline)
    warn(
      `the database ${options.db ?? defaultDatabase()} cannot be written: its advisories are used as they are, and nothing is kept`,
      options,
    );
  const progress = options.progress ?? terminalProgress(options);
  const lockDeps = createLockDeps(progress);
  const { extensions } = options.loaded;
  const createFeedClient = feedClientFactory(options.mirror, progress);
  return {
    extensions,
    store,
    ...createLayerAnalysis(options),
    progress,
    lockDeps,
    updateDeps:
      options.offline || store.isReadOnly
        ? undefined
        : createUpdateDeps(originOf(options.mirror), { extensions, store, lockDeps, createFeedClient }),
    createFeedClient,
    [Symbol.asyncDispose]: async () => {
      progress.clear();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** The default database, or one in memory where there can be none and nothing has to be kept. Throws `store-unusable`. */
function databaseFor(use: DatabaseUse, options: ConsoleOptions): string {
  const problem = defaultDatabaseProblem();
  if (problem === undefined) return defaultDatabase();
  const remedy = 'name a database with --db, or a directory with XDG_CACHE_HOME';
  if (use === 'write') throw new ClairError('store-unusable', `${problem}; ${remedy}`);
  warn(`${problem}; the database is in memory, and nothing is kept: ${remedy}`, options);
  return ':memory:';
}

/**
 * Layers on this thread and, for large images, on a second one. With a time limit all layers on disk are read on the other: reading
 * them here would leave no moment to see that the time is over.
 */
function createLayerAnalysis({
  loaded: { extensions, analyzers },
  timeout,
}: DatabaseOptions): Pick<CommandContext, 'analyze' | 'analyzeStreamed'> {
  preferSmallHeap();
  const inProcess: AnalyzeLayers = (layers, options) => analyzeLayers(layers, extensions, options);
  const script = scriptUrl('../layer-worker', import.meta.url);
  const onThread = analyzeOnThread(script, analyzers);
  return {
    analyze: timeout === undefined ? analyzeOnTwoThreads(inProcess, onThread) : onThread,
    analyzeStreamed: analyzeStreamedOnTwoThreads(
      analyzeInProcess(extensions),
      workerAnalyzer(script, analyzers),
    ),
  };
}

function createLockDeps(progress: Progress): CommandContext['lockDeps'] {
  return {
    now: () => new Date(),
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
  }: Pick<CommandContext, 'extensions' | 'store' | 'lockDeps' | 'createFeedClient'>,
): UpdateFeedsDeps {
  return {
    ...lockDeps,
    store,
    schemes: extensions.schemes,
    client: createFeedClient(),
    origin,
    maxAgeMs: refreshAfterMs,
  };
}
