import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { builtIn } from '../extensions.ts';
import { analyzeOnThread } from '../layer-thread.ts';
import type { FeedClient } from '../plugin/advisory-source.ts';
import type { Extensions } from '../plugin/extensions.ts';
import { type AnalyzeLayers, analyzeLayers } from '../service/analyze-layers.ts';
import { spreadLayers } from '../service/spread-layers.ts';
import type { UpdatingRoom } from '../service/update-feeds.ts';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type Progress, terminalProgress } from './progress.ts';

/** Options of every command that uses the database. */
export interface DatabaseOptions {
  readonly db?: string;
  readonly mirror?: string;
  readonly offline?: boolean;
}

/** Everything a command works with; closed with `await using`. */
export interface Room extends AsyncDisposable {
  readonly extensions: Extensions;
  readonly store: Store;
  readonly analyze: AnalyzeLayers;
  readonly progress: Progress;
  /** How feeds are brought up to date; undefined when the user said `--offline`. */
  readonly updating: UpdatingRoom | undefined;
}

/** How long advisories are used without asking for newer ones; Clair's default interval. */
export const refreshAfterMs: number = 2 * 3_600_000;
/** How old advisories may be before a report says so. */
export const staleAfterMs: number = 24 * 3_600_000;

/** Opens the database and puts together what a command needs. */
export async function openRoom(options: DatabaseOptions): Promise<Room> {
  const store = await openSqliteStore(options.db ?? defaultDatabase());
  const progress = terminalProgress();
  return {
    extensions: builtIn,
    store,
    analyze: layerAnalysis(),
    progress,
    updating: options.offline ? undefined : await updatingRoom(store, options.mirror, progress),
    [Symbol.asyncDispose]: async () => {
      progress.clear();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** `$XDG_CACHE_HOME/clair/clair.db`. */
export function defaultDatabase(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'clair', 'clair.db');
}

/** Layers on this thread and, for large images, on a second one. */
function layerAnalysis(): AnalyzeLayers {
  const here: AnalyzeLayers = (layers, verify) => analyzeLayers(layers, builtIn, verify);
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const there = analyzeOnThread(
    new URL(extension === 'ts' ? '../layer-worker.ts' : './layer-worker.js', import.meta.url),
  );
  return spreadLayers(here, there);
}

async function updatingRoom(
  store: Store,
  mirror: string | undefined,
  progress: Progress,
): Promise<UpdatingRoom> {
  return {
    store,
    schemes: builtIn.schemes,
    client: await feedClient(mirror, progress),
    origin: mirror === undefined ? 'upstream' : mirror.includes('://') ? mirror : resolve(mirror),
    now: () => new Date(),
    youngerThanMs: refreshAfterMs,
    owner: randomUUID(),
    onProgress: (text) => {
      progress.show(text);
    },
  };
}

async function feedClient(mirror: string | undefined, progress: Progress): Promise<FeedClient> {
  const onProgress = ({ url, receivedBytes }: { url: string; receivedBytes: number }): void => {
    progress.show(`fetching ${url} ${(receivedBytes / 1e6).toFixed(1)} MB`);
  };
  // Loaded only when asked for: a scan of a warm database needs neither.
  if (mirror !== undefined)
    return (await import('../source/client/mirror.ts')).mirrorClient(mirror, { onProgress });
  return (await import('../source/client/upstream.ts')).upstreamClient({ onProgress });
}
