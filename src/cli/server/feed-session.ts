import { setTimeout } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { ClairError, serializeError } from '../../core/errors.ts';
import { Disposal } from '../../kit/disposal.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { ParserPool } from '../../parser-pool/parser-pool.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import { type FeedOfSource, type FeedOutcome, updateWithLock } from '../../service/feeds/update-feeds.ts';
import { countFindings } from '../../service/finding-counts/count-findings.ts';
import type { Store } from '../../store/store.ts';
import { ownerName } from '../environment.ts';
import { feedClientFactory, originOf } from '../feed-client.ts';
import { type LoadedExtensions, loadExtensions } from '../load-extensions.ts';
import { programVersion } from '../program-version.ts';
import type { openPublishedFeeds, PublishedFeeds } from '../published-feeds.ts';
import { configuredStore, feedConnections } from './configured-store.ts';
import type {
  FeedTask,
  FeedTaskResult,
  FeedThreadSetup,
  FromFeedThread,
  SentOutcome,
  ToFeedThread,
} from './feed-protocol.ts';

/** Maximum wait for another process that fetches the same file of a published database. */
const lockWaitMs = 120_000;

interface OpenedStore {
  readonly store: Store;
  readonly extensions: Extensions;
}

type UpdateTask = Extract<FeedTask, { kind: 'update' }>;

/** The side of the feed protocol that runs on the thread. */
export class FeedSession {
  readonly #port: MessagePort;
  readonly #setup: FeedThreadSetup;
  readonly #stop = new AbortController();
  readonly #parts = new Disposal();
  readonly #parsers = this.#parts.use(new ParserPool(scriptUrl('../../parser-worker', import.meta.url)));
  readonly #clients = new Map<string | undefined, FeedClient>();
  readonly #running = new Set<Promise<void>>();
  #opened: Promise<OpenedStore> | undefined;

  constructor(port: MessagePort, setup: FeedThreadSetup) {
    this.#port = port;
    this.#setup = setup;
  }

  handle(message: ToFeedThread): void {
    if (message.kind === 'stop') {
      void this.#end();
      return;
    }
    const { id, task } = message;
    const running = this.#run(id, task).then((answer) => {
      this.#send({ kind: 'answer', id, answer });
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  async #end(): Promise<void> {
    this.#stop.abort(new ClairError('feed-not-tried', 'the server is stopping'));
    await Promise.all(this.#running);
    await this.#parts[Symbol.asyncDispose]();
    this.#port.close();
  }

  async #run(id: number, task: FeedTask): Promise<FeedTaskResult> {
    try {
      this.#opened ??= this.#open().catch((error: unknown) => {
        this.#opened = undefined;
        throw error;
      });
      const opened = await this.#opened;
      if (task.kind === 'update') return { outcome: sentOutcome(await this.#update(id, task, opened)) };
      if (task.kind === 'count')
        await countFindings({
          ...opened,
          lease: task.lease,
          signal: this.#stop.signal,
          weights: this.#setup.labelWeights,
        });
      else {
        await opened.store.collectGarbage(task.terms, task.lease);
        await opened.store.rebuildIndexes();
      }
      return { done: true };
    } catch (error) {
      return { error: serializeError(error) };
    }
  }

  async #open(): Promise<OpenedStore> {
    const { database, memoryName, plugins } = this.#setup;
    const loaded = this.#parts.use(
      await loadExtensions(
        plugins.map(({ path }) => path),
        '/',
      ),
    );
    assertSamePlugins(loaded, plugins);
    const store = await configuredStore(database, { memoryName, connectionsMax: feedConnections });
    return { store: this.#parts.use(store), extensions: loaded.extensions };
  }

  async #update(
    id: number,
    { source, feed, mirror, asksPublished, youngerThanMs }: UpdateTask,
    { store, extensions }: OpenedStore,
  ): Promise<FeedOutcome> {
    const lockDeps = {
      now: store.now,
      owner: ownerName(),
      lockWaitMs: 0,
      sleep: (ms: number) => setTimeout(ms),
      onProgress: (step: string) => {
        this.#send({ kind: 'progress', id, step });
      },
    };
    return await updateWithLock(feedOf(extensions, source, feed), {
      ...lockDeps,
      store,
      schemes: extensions.schemes,
      client: this.#clientOf(mirror),
      origin: originOf(mirror),
      maxAgeMs: youngerThanMs,
      programVersion,
      parsers: this.#parsers,
      publication: asksPublished === true ? await this.#publication({ store, lockDeps }) : undefined,
    });
  }

  /** Opens the published databases. They may have changed since the last task. */
  async #publication(deps: Parameters<typeof openPublishedFeeds>[1]): Promise<PublishedFeeds | undefined> {
    const { published } = this.#setup;
    if (published === undefined) return undefined;
    const { openPublishedFeeds: open } = await import('../published-feeds.ts');
    return await open(
      { ...published, takesAbsent: false, quiet: true },
      { ...deps, lockDeps: { ...deps.lockDeps, lockWaitMs } },
    );
  }

  /** Returns the client of an origin. It is shared, because it remembers unreachable hosts. */
  #clientOf(mirror: string | undefined): FeedClient {
    const { signal } = this.#stop;
    const client =
      this.#clients.get(mirror) ?? feedClientFactory(mirror, { transfer: () => undefined })({ signal });
    this.#clients.set(mirror, client);
    return client;
  }

  #send(message: FromFeedThread): void {
    this.#port.postMessage(message);
  }
}

/** Throws `config-invalid` if a plugin changed since the server checked it. Only SIGHUP reloads plugins. */
function assertSamePlugins({ plugins }: LoadedExtensions, expected: FeedThreadSetup['plugins']): void {
  const changed = expected.find(({ module }, i) => plugins[i]?.module !== module);
  if (changed !== undefined)
    throw new ClairError(
      'config-invalid',
      `the plugin ${changed.path} has changed since the server loaded it: send SIGHUP to the server`,
    );
}

function feedOf({ sources, enrichers }: Extensions, name: string, feed: string): FeedOfSource {
  const source = [...sources, ...enrichers].find((one) => one.name === name);
  if (source === undefined) throw new Error(`there is no source ${name}`);
  return { source, feed };
}

function sentOutcome(outcome: FeedOutcome): SentOutcome {
  if (outcome.outcome === 'failed') return { outcome: 'failed', error: serializeError(outcome.error) };
  const { source: _, feed: __, ...sent } = outcome;
  return sent;
}
