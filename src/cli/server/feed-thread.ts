import { Worker } from 'node:worker_threads';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { SerializedError } from '../../core/serialized-error.ts';
import { settlesWithin } from '../../kit/async/timeout.ts';
import type { FeedOfSource, FeedOutcome } from '../../service/feeds/update-feeds.ts';
import type { RetentionTerms } from '../../store/store.ts';
import type {
  FeedTask,
  FeedTaskResult,
  FeedThreadSetup,
  FromFeedThread,
  SentOutcome,
  ToFeedThread,
} from './feed-protocol.ts';

/** Options of one update besides the feed. */
export type FeedUpdateOptions = Pick<Extract<FeedTask, { kind: 'update' }>, 'mirror' | 'youngerThanMs'>;

interface Pending {
  readonly answer: PromiseWithResolvers<FeedTaskResult>;
  readonly onProgress: (step: string) => void;
}

/** The thread is kept for this long after its last task: sources are updated one after the other. */
const idleMs = 5000;

/**
 * The thread that fetches, parses and stores feeds, so that none of this holds up requests. It has a connection to the database of its own,
 * starts when it is first needed, and ends when it has had nothing to do for a while. Dispose it to give up what it does.
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

  /** Updates a feed. Fails only when the thread does. */
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

  /** Drops from the store what it keeps no longer. */
  async collect(terms: RetentionTerms): Promise<void> {
    const answer = await this.#run({ kind: 'collect', terms }, () => undefined);
    if ('error' in answer) throw clairErrorOf(answer.error);
  }

  /** Gives up every task, and ends the thread also where it does not listen. */
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
      // What a plugin prints does not belong to what the command writes.
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
    this.#idle = setTimeout(() => {
      this.#send({ kind: 'stop' });
      this.#worker = undefined;
    }, idleMs);
    this.#idle.unref();
  }

  /** The next task starts another thread. Those that this one still had fail. */
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

function threadError(failure: unknown): ClairError {
  const isMemory =
    failure instanceof Error && 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const reason = isMemory ? 'it takes more memory than there is' : messageOf(failure ?? 'it gave no reason');
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
