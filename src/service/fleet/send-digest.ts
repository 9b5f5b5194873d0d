import { dayMs } from '../../core/duration.ts';
import type { DailyDigest } from '../../model/daily-digest.ts';
import type { RecurringJob } from '../jobs/run-job.ts';
import {
  collectDigest,
  type DigestDeps,
  findDigestMark,
  newDigestMark,
  saveDigestMark,
} from './daily-digest.ts';

/** Dependencies of `digestJob`. */
export interface DigestJobDeps extends DigestDeps {
  /** Milliseconds from midnight in UTC to the time of the mail. */
  readonly dailyAtMs: number;
  /** Sends a digest. Throws if that failed or is uncertain. */
  readonly send: (digest: DailyDigest, signal: AbortSignal) => Promise<void>;
}

const minuteMs = 60_000;

/** Longest wait between two looks at the clock. Runs of jobs are delayed by up to a tenth of their wait. */
const lookMs = 10 * minuteMs;

/**
 * Returns the job that sends one digest a day, by one server of several. The first run only notes the state, with which the first digest
 * compares. After a failure it tries again. If no server ran at the time, one digest is sent later for all days.
 */
export function digestJob(deps: DigestJobDeps): RecurringJob {
  return {
    name: 'send the daily digest',
    kind: 'digest',
    lane: 'mail',
    intervalMs: lookMs,
    run: async (_lease, signal, runNextAt) => {
      const now = deps.store.now();
      const mark = await findDigestMark(deps);
      const last = mark === undefined ? now : new Date(mark.at);
      let due = dueAfter(last, deps.dailyAtMs);
      if (mark === undefined) await saveDigestMark(deps, await newDigestMark(deps));
      else if (due <= now) {
        const next = await newDigestMark(deps);
        await deps.send(await collectDigest(deps, signal), signal);
        await saveDigestMark(deps, next);
        due = dueAfter(now, deps.dailyAtMs);
      }
      runNextAt(new Date(Math.min(due.getTime(), now.getTime() + lookMs)));
    },
  };
}

/** Returns the first time of the mail after a time. */
function dueAfter(time: Date, dailyAtMs: number): Date {
  const midnight = Math.floor(time.getTime() / dayMs) * dayMs;
  const today = midnight + dailyAtMs;
  return new Date(today > time.getTime() ? today : today + dayMs);
}
