import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import { limits } from '../../core/limits.ts';
import { redact } from '../../kit/redact.ts';
import { stripControls } from '../../kit/untrusted-text.ts';
import type { ClaimedJob, ClaimTerms, Job, JobIdentity, JobStore } from '../job-store.ts';
import type { Lease } from '../lock-store.ts';
import type { Engine } from './engine.ts';
import { leaseKey, lostLeaseError, nextLeaseNumber, renewLease } from './leases.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';

type JobRow = Selectable<Tables['job']>;

/** Returns the jobs of a store; `now` is in milliseconds since 1970. */
export function jobStore(engine: Engine, now: () => number): JobStore {
  const write = <T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> => engine.write(work, 'own rows');
  return {
    schedule: (jobs) => write((db) => schedule(db, jobs, now())),
    findNextRun: (names) => findNextRun(engine.db, names),
    claim: (names, terms) => write((db) => claim(db, engine, { names, terms, now: now() })),
    renew: (lease, forMs) => write((db) => renewLease(db, lease, now() + forMs)),
    complete: (lease, nextRun) => write((db) => end(db, lease, { ...succeeded, run_at: nextRun.getTime() })),
    fail: (lease, error, nextRun) =>
      write((db) => end(db, lease, { ...failed, error: errorText(error), run_at: nextRun.getTime() })),
    handBack: (lease) => write((db) => end(db, lease, handedBack)),
    findAll: async () =>
      (await engine.db.selectFrom('job').selectAll().orderBy('name').execute()).map((row) =>
        toJob(row, now()),
      ),
  };
}

async function schedule(db: Kysely<Tables>, jobs: readonly JobIdentity[], now: number): Promise<void> {
  if (jobs.length === 0) return;
  const rows = jobs.map(({ name, kind, lane }) => ({
    name,
    kind,
    lane,
    state: 'waiting' as const,
    run_at: now,
  }));
  await db
    .insertInto('job')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((eb) => ({
          kind: eb.ref('excluded.kind'),
          lane: eb.ref('excluded.lane'),
          run_at: eb.ref('excluded.run_at'),
        }))
        .where('job.run_at', '>', now),
    )
    .execute();
}

/** A job is due at its time, but not before its lease has expired. */
const dueAt = sql<number>`case when expires_at > run_at then expires_at else run_at end`;

async function findNextRun(db: Kysely<Tables>, names: readonly string[]): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  const { next } = await db
    .selectFrom('job')
    .select((eb) => eb.fn.min<number | null>(dueAt).as('next'))
    .where('name', 'in', names)
    .executeTakeFirstOrThrow();
  return next === null ? undefined : isoTime(next);
}

interface Claim {
  readonly names: readonly string[];
  readonly terms: ClaimTerms;
  readonly now: number;
}

/** The error of a job whose last run has no outcome. */
const unfinished = 'the process that ran the job ended or was suspended during the run';

async function claim(
  db: Kysely<Tables>,
  { skipLocked }: Engine,
  { names, terms: { limit, owner, forMs }, now }: Claim,
): Promise<ClaimedJob[]> {
  if (names.length === 0 || limit < 1) return [];
  const due = await db
    .selectFrom('job')
    .select('name')
    .where('name', 'in', names)
    .where('run_at', '<=', now)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '<=', now)]))
    .orderBy('run_at')
    .orderBy('name')
    .limit(limit)
    .modifyEnd(skipLocked)
    .execute();
  if (due.length === 0) return [];
  const order = due.map(({ name }) => name);
  const rows = await db
    .updateTable('job')
    .set({
      state: 'running',
      attempt: sql<number>`attempt + 1`,
      error: sql<string | null>`case when owner is null then error else ${unfinished} end`,
      owner,
      expires_at: now + forMs,
      number: nextLeaseNumber('job', now),
    })
    .where('name', 'in', order)
    .returningAll()
    .execute();
  return rows
    .map((row) => ({ ...toJob(row, now), lease: leaseOf(row, owner) }))
    .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

function leaseOf({ name, number }: JobRow, owner: string): Lease {
  return { table: 'job', name, owner, number };
}

/** Columns of a job that the end of a run sets. */
interface EndColumns {
  readonly state: JobRow['state'] | RawBuilder<JobRow['state']>;
  readonly attempt?: number | RawBuilder<number>;
  readonly error?: string | null;
  readonly run_at?: number;
}

/** Columns of a job at the end of a run. A run that was handed back does not count. */
const succeeded = { state: 'waiting' as const, attempt: 0, error: null };
const failed = { state: stateAfter(sql<number>`attempt`) };
const handedBack = { state: stateAfter(sql<number>`attempt - 1`), attempt: sql<number>`attempt - 1` };

function stateAfter(attempts: RawBuilder<number>): RawBuilder<JobRow['state']> {
  return sql`case when ${attempts} >= ${limits.jobAttempts} then 'failed' else 'waiting' end`;
}

function errorText(error: string): string {
  return stripControls(redact(error));
}

/** Ends the lease of a job, and sets its columns. */
async function end(db: Kysely<Tables>, lease: Lease, columns: EndColumns): Promise<void> {
  const { numUpdatedRows: ended } = await db
    .updateTable('job')
    .set({ ...columns, owner: null, expires_at: null })
    .where((eb) => eb.and(leaseKey(lease)))
    .executeTakeFirstOrThrow();
  if (ended !== 1n) throw lostLeaseError(lease);
}

/** A process that ended during a run left the job in the state `running`. */
function toJob({ name, kind, lane, state, attempt, error, run_at, expires_at }: JobRow, now: number): Job {
  const isAbandoned = state === 'running' && (expires_at === null || expires_at <= now);
  const atRest = attempt >= limits.jobAttempts ? 'failed' : 'waiting';
  return {
    name,
    kind,
    lane,
    attempt,
    state: isAbandoned ? atRest : state,
    error: isAbandoned ? unfinished : error,
    runAt: isoTime(run_at),
  };
}
