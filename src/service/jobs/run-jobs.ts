import { IdleWait } from '../../kit/async/idle-wait.ts';
import { untilFirst, WakeLatch } from '../../kit/async/wake-signal.ts';
import type { ClaimedJob } from '../../store/job-store.ts';
import type { JobPulse } from './job-pulse.ts';
import { leaseMs, type RecurringJob, type RunJobDeps, runClaimed } from './run-job.ts';

/** Dependencies of `runJobs`. */
export interface RunJobsDeps extends RunJobDeps {
  /** Name of this process. */
  readonly owner: string;
  /** Waits for `ms` at most. Resolves early if there may have been new work since the last wait, or the signal aborts. */
  readonly sleepOrWake: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Records the start of the loop, and each poll that the store answered. */
  readonly pulse?: JobPulse;
}

/** Shortest and longest interval for polling the store for jobs that other processes have left, in milliseconds. */
const [minPollMs, maxPollMs] = [1000, 30_000];

/**
 * Runs jobs until the signal aborts, each at its interval and on one process of all that share the store. Makes all of them due at first.
 * `lanes` has the number of concurrent runs of each lane in this process. Returns after the last run has ended.
 */
export async function runJobs(
  jobs: readonly RecurringJob[],
  lanes: Readonly<Record<string, number>>,
  deps: RunJobsDeps,
  signal: AbortSignal,
): Promise<void> {
  if (jobs.length === 0) return;
  await new JobWorker(jobs, lanes, deps, signal).run();
}

class JobWorker {
  readonly #jobs: readonly RecurringJob[];
  readonly #lanes: Readonly<Record<string, number>>;
  readonly #deps: RunJobsDeps;
  readonly #signal: AbortSignal;
  readonly #idle = new IdleWait(minPollMs, maxPollMs);
  readonly #running = new Map<RecurringJob, Promise<void>>();
  readonly #ended = new WakeLatch();
  #isScheduled = false;

  constructor(
    jobs: readonly RecurringJob[],
    lanes: Readonly<Record<string, number>>,
    deps: RunJobsDeps,
    signal: AbortSignal,
  ) {
    this.#jobs = jobs;
    this.#lanes = lanes;
    this.#deps = deps;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    this.#deps.pulse?.beat();
    while (!this.#signal.aborted) {
      const waitMs = await this.#poll();
      if (waitMs > 0) await this.#sleep(waitMs);
    }
    await Promise.all(this.#running.values());
  }

  /** Starts jobs that are due. Returns the milliseconds until the next poll. */
  async #poll(): Promise<number> {
    const { store, now, onError, pulse } = this.#deps;
    try {
      await this.#schedule();
      const next = await store.jobs.findNextRun(this.#freeJobs().map(({ name }) => name));
      pulse?.beat();
      const untilNextMs = next === undefined ? maxPollMs : Date.parse(next) - now().getTime();
      if (untilNextMs > 0) return Math.min(untilNextMs, this.#idle.next());
      if (await this.#claimDue()) {
        this.#idle.reset();
        return 0;
      }
    } catch (error) {
      if (!this.#signal.aborted) onError(error);
    }
    return this.#idle.next();
  }

  async #schedule(): Promise<void> {
    if (this.#isScheduled) return;
    await this.#deps.store.jobs.schedule(this.#jobs);
    this.#isScheduled = true;
  }

  /** Returns whether this process got any job. */
  async #claimDue(): Promise<boolean> {
    const { store, owner } = this.#deps;
    let isBusy = false;
    for (const lane of Object.keys(this.#lanes)) {
      const jobs = new Map(this.#freeJobs().flatMap((job) => (job.lane === lane ? [[job.name, job]] : [])));
      const terms = { limit: this.#places(lane), owner, forMs: leaseMs };
      for (const claimed of await store.jobs.claim([...jobs.keys()], terms)) {
        const job = jobs.get(claimed.name);
        if (job !== undefined) this.#start(job, claimed);
        isBusy = true;
      }
    }
    return isBusy;
  }

  /** Returns the jobs that this process does not run, and that their lanes have a place for. */
  #freeJobs(): RecurringJob[] {
    return this.#jobs.filter((job) => !this.#running.has(job) && this.#places(job.lane) > 0);
  }

  /** Returns how many more jobs of a lane may run. */
  #places(lane: string): number {
    const running = [...this.#running.keys()].filter((job) => job.lane === lane);
    return (this.#lanes[lane] ?? 0) - running.length;
  }

  #start(job: RecurringJob, claimed: ClaimedJob): void {
    const run = runClaimed(job, claimed, this.#deps, this.#signal).then(() => {
      this.#running.delete(job);
      this.#ended.notify();
    });
    this.#running.set(job, run);
  }

  /** Waits until the next poll, or until a run has ended. */
  async #sleep(ms: number): Promise<void> {
    const { sleepOrWake } = this.#deps;
    await untilFirst([(until) => sleepOrWake(ms, until), (until) => this.#ended.wait(until)], this.#signal);
  }
}
