import { setTimeout } from 'node:timers/promises';
import { ClairError } from '../kit/errors.ts';
import { scriptUrl } from '../kit/script-url.ts';
import { analyzeOnThread, handOnThread } from '../layer-pool/image-on-thread.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { LockingRoom } from '../service/feeds/feed-lock.ts';
import type { UpdatingRoom } from '../service/feeds/update-feeds.ts';
import { type AnalyzeArriving, type AnalyzeLayers, analyzeLayers } from '../service/images/analyze-layers.ts';
import { analyzeHere, spreadArriving } from '../service/images/arriving-layers.ts';
import { spreadLayers } from '../service/images/spread-layers.ts';
import type { Store } from '../store/store.ts';
import { type DatabaseUse, defaultDatabase, defaultDatabaseProblem, openStore } from './database.ts';
import type { TimeLimit } from './deadline.ts';
import { type FeedClients, feedClients, originOf, requireMirror } from './feed-client.ts';
import { collectEarly } from './garbage.ts';
import { ownerName } from './owner-name.ts';
import type { Plugged } from './plugged.ts';
import { tell } from './policy/tell.ts';
import { type ConsoleOptions, type Progress, terminalProgress } from './progress.ts';

/** Options of every command that uses the database. */
export interface DatabaseOptions extends ConsoleOptions {
  /** The progress of the whole command; one of its own where absent. */
  readonly progress?: Progress;
  readonly db?: string;
  readonly mirror?: string;
  readonly offline?: boolean;
  /** The command is ended after some time. */
  readonly timeout?: TimeLimit;
  readonly plugged: Plugged;
}

/** Everything a command works with; closed with `await using`. */
export interface Room extends AsyncDisposable {
  readonly extensions: Extensions;
  readonly store: Store;
  readonly analyze: AnalyzeLayers;
  readonly analyzeArriving: AnalyzeArriving;
  readonly progress: Progress;
  /** How one works on feeds beside other processes. */
  readonly locking: Omit<LockingRoom, 'store'>;
  /** How feeds are brought up to date; undefined when the user said `--offline`. */
  readonly updating: UpdatingRoom | undefined;
  /** Makes clients that fetch from where feeds are fetched. */
  readonly clients: FeedClients;
}

/** How long advisories are used without asking for newer ones; Clair's default interval. */
const refreshAfterMs: number = 2 * 3_600_000;
/** How long to wait for another process that fetches the same feed; the largest takes under a minute. */
const lockPatienceMs = 120_000;
/** How old advisories may be before a report says so. */
export const staleAfterMs: number = 24 * 3_600_000;

/** Opens the database and puts together what a command needs. Throws `usage` for a mirror that is not there. */
export async function openRoom(options: DatabaseOptions, use: DatabaseUse = 'read'): Promise<Room> {
  requireMirror(options.mirror);
  const store = await openStore(options.db ?? databaseFor(use, options), use);
  if (store.isReadOnly && !options.offline)
    tell(
      `the database ${options.db ?? defaultDatabase()} cannot be written: its advisories are used as they are, and nothing is kept`,
      options,
    );
  const progress = options.progress ?? terminalProgress(options);
  const locking = lockingRoom(progress);
  const { extensions } = options.plugged;
  const clients = feedClients(options.mirror, progress);
  return {
    extensions,
    store,
    ...layerAnalysis(options),
    progress,
    locking,
    updating:
      options.offline || store.isReadOnly
        ? undefined
        : updatingRoom(originOf(options.mirror), { extensions, store, locking, clients }),
    clients,
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
  tell(`${problem}; the database is in memory, and nothing is kept: ${remedy}`, options);
  return ':memory:';
}

/**
 * Layers on this thread and, for large images, on a second one. With a time limit all layers on disk are read on the other: reading
 * them here would leave no moment to see that the time is over.
 */
function layerAnalysis({
  plugged: { extensions, analyzers },
  timeout,
}: DatabaseOptions): Pick<Room, 'analyze' | 'analyzeArriving'> {
  collectEarly();
  const here: AnalyzeLayers = (layers, options) => analyzeLayers(layers, extensions, options);
  const script = scriptUrl('../layer-worker', import.meta.url);
  const there = analyzeOnThread(script, analyzers);
  return {
    analyze: timeout === undefined ? spreadLayers(here, there) : there,
    analyzeArriving: spreadArriving(analyzeHere(extensions), handOnThread(script, analyzers)),
  };
}

function lockingRoom(progress: Progress): Room['locking'] {
  return {
    now: () => new Date(),
    owner: ownerName(),
    patienceMs: lockPatienceMs,
    sleep: (ms) => setTimeout(ms),
    onProgress: (name, position) => {
      progress.show({ name, ...(position && { position }) });
    },
  };
}

function updatingRoom(
  origin: string,
  { extensions, store, locking, clients }: Pick<Room, 'extensions' | 'store' | 'locking' | 'clients'>,
): UpdatingRoom {
  return {
    ...locking,
    store,
    schemes: extensions.schemes,
    client: clients(),
    origin,
    youngerThanMs: refreshAfterMs,
  };
}
