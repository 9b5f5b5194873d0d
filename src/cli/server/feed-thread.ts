import { Worker } from 'node:worker_threads';
import { ClairError, messageOf, type SerializedError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { settlesWithin } from '../../kit/async/timeout.ts';
import type { FeedOfSource, FeedOutcome } from '../../service/feeds/update-feeds.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { RetentionTerms } from '../../store/maintenance.ts';
import type {
  FeedTask,
  FeedTaskResult,
  FeedThreadSetup,
  FromFeedThread,
  SentOutcome,
  ToFeedThread,
} from './feed-protocol.ts';

/** Options of `FeedThread.update`. */
export type FeedUpdateOptions = Pick<
  Extract<FeedTask, { kind: 'update' }>,
  'mirror' | 'asksPublished' | 'youngerThanMs'
>;

interface Pending {
  readonly answer: PromiseWithResolvers<FeedTaskResult>;
  readonly onProgress: (step: string) => void;
}

/** Idle time after which the thread ends. Sources are updated one after the other, so it is reused. */
const idleMs = 5000;
/** The same after a failed task: V8 keeps the memory of a large feed for as long as attempts are repeated. */
const idleAfterFailureMs = 500;

/**
 * The thread that fetches, parses and stores feeds, so that updates do not delay requests. It has its own database connection, starts with
 * the first task and ends after an idle time. Disposing it cancels its tasks.
 */
export class FeedThread implements AsyncDisposable {
  readonly #script: URL;
  readonly #setup: FeedThreadSetup;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isClosed = false;

  /** `script` is `feed-worker`. */
  constructor(script: URL, setup: FeedThreadSetup) {
    this.#script = script;
    this.#setup = setup;
  }

  /** Updates a feed. Throws only if the thread fails. */
  async update(
    wanted: FeedOfSource,
    options: FeedUpdateOptions,
    onProgress: (step: string) => void,
  ): Promise<FeedOutcome> {
    const { source, feed } = wanted;
    const answer = await this.#run({ kind: 'update', source: source.name, feed, ...options }, onProgress);
    if ('outcome' in answer) return outcomeOf(wanted, answer.outcome);
    throw 'error' in answer ? clairErrorOf(answer.error) : new Error('an update without an outcome');
  }

  /** Deletes expired data under the lease of a job. */
  async collect(terms: RetentionTerms, lease: Lease): Promise<void> {
    await this.#runToEnd({ kind: 'collect', terms, lease });
  }

  /** Counts the findings of all images under the lease of a job. */
  async count(lease: Lease): Promise<void> {
    await this.#runToEnd({ kind: 'count', lease });
  }

  async #runToEnd(task: FeedTask): Promise<void> {
    const answer = await this.#run(task, () => undefined);
    if ('error' in answer) throw clairErrorOf(answer.error);
  }

  /** Cancels all tasks and ends the thread. Terminates it after `limits.feedStopMs`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#send({ kind: 'stop' });
    if (!(await settlesWithin(this.#ended, limits.feedStopMs))) await worker.terminate();
  }

  async #run(task: FeedTask, onProgress: Pending['onProgress']): Promise<FeedTaskResult> {
    if (this.#isClosed) throw new ClairError('feed-not-tried', 'the server is stopping');
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<FeedTaskResult>();
    this.#pending.set(id, { answer, onProgress });
    this.#send({ kind: 'task', id, task });
    return await answer.promise;
  }

  #send(message: ToFeedThread): void {
    this.#worker?.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      workerData: this.#setup,
      // Output of plugins must not mix with results on standard output.
      stdout: true,
    });
    worker.stdout.pipe(process.stderr, { end: false });
    worker.on('message', (message: FromFeedThread) => {
      this.#handle(message);
    });
    let failure: unknown;
    worker.on('error', (error: unknown) => {
      failure = error;
    });
    this.#ended = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        this.#end(worker, failure);
        resolve();
      });
    });
    return worker;
  }

  #handle(message: FromFeedThread): void {
    const pending = this.#pending.get(message.id);
    if (message.kind === 'progress') {
      pending?.onProgress(message.step);
      return;
    }
    this.#pending.delete(message.id);
    pending?.answer.resolve(message.answer);
    if (this.#pending.size > 0 || this.#isClosed) return;
    const end = (): void => {
      this.#send({ kind: 'stop' });
      this.#worker = undefined;
    };
    this.#idle = setTimeout(end, hasFailed(message.answer) ? idleAfterFailureMs : idleMs);
    this.#idle.unref();
  }

  /** Rejects the pending tasks of an ended thread. The next task starts another thread. */
  #end(worker: Worker, failure: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = this.#isClosed
      ? new ClairError('feed-not-tried', 'the server is stopping')
      : threadError(failure);
    for (const { answer } of this.#pending.values()) answer.reject(error);
    this.#pending.clear();
  }
}

function hasFailed(result: FeedTaskResult): boolean {
  return 'error' in result || ('outcome' in result && result.outcome.outcome === 'failed');
}

function threadError(failure: unknown): ClairError {
  const isMemory =
    failure instanceof Error && 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const reason = isMemory ? 'it exceeded its memory limit' : messageOf(failure ?? 'unknown reason');
  return new ClairError('feed-corrupt', `the thread that loads feeds has ended: ${reason}`, {
    cause: failure,
  });
}

function outcomeOf(wanted: FeedOfSource, sent: SentOutcome): FeedOutcome {
  return sent.outcome === 'failed'
    ? { ...wanted, outcome: 'failed', error: clairErrorOf(sent.error) }
    : { ...wanted, ...sent };
}

function clairErrorOf({ code, limit, message }: SerializedError): ClairError {
  return new ClairError(code ?? 'feed-corrupt', message, { limit });
}
